import { Command } from "commander";
import type { Session } from "./session.js";

/** The result of a command: an object for programs and text for people. */
export interface Report {
  json: object;
  text: string;
}

/** Defines a command with the option `--json` and examples at the end of its help. */
export function defineCommand(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .option("--json", "print one JSON object as the last line of standard output")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}

/** Makes an action that prints the result of some work. Its arguments are those of the command line, then the options. */
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
