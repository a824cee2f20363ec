import { Command } from "commander";
import type { Session } from "./session.js";

/** What a command has to say: an object for programs and text for people. */
export interface Report {
  json: object;
  text: string;
}

/** Begins a command: its help ends with examples, and it knows `--json`. */
export function defineCommand(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .option("--json", "print one JSON object as the last line of standard output")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}

/** Makes an action of work that reports: its arguments are those of the command line, then the options. */
export function reporting<Args extends unknown[]>(
  session: Session,
  work: (...args: Args) => Promise<Report>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const { json, text } = await work(...args);
    const wantsJson = args.some((arg) => isOptions(arg) && arg["json"] === true);
    session.out(wantsJson ? JSON.stringify(json) : text);
  };
}

function isOptions(arg: unknown): arg is Record<string, unknown> {
  return typeof arg === "object" && arg !== null && !(arg instanceof Command);
}
