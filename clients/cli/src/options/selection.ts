import type { Filter } from "@maxsimd/client";
import { type Command, InvalidArgumentError } from "commander";

/** Which documents a search may return, and which of their fields. */
export interface Selection {
  filter: Filter | undefined;
  fields: readonly string[] | "all" | undefined;
}

/** The values of the options below. */
export interface SelectionFlags {
  filter?: string;
  fields?: readonly string[] | "all";
}

/** How filters are written, for the help of a command. */
const FILTER_HELP = `
Filter expressions compare attributes, which maxsimd inspect shows: year >= 2020 and not (tags = "old" or exists(price)).

  =  !=  in  not in   text in quotes, numbers, true, false: section in ("net", "admin"). A list of keywords contains the value
  <  <=  >  >=        numbers, and times in quotes: seen < "2026-01-31T12:00:00Z"
  id = "d7"           the document's id; an attribute called id goes in backticks
  and or not ( )      combine conditions`;

/** Adds the options that choose among documents and fields. */
export function addSelectionOptions(command: Command): Command {
  return command
    .option("--filter <expression>", "return only documents that match, as year >= 2020")
    .option("--fields <names>", "stored fields to show with the hits, with commas between them, or all", fieldNames)
    .addHelpText("after", FILTER_HELP);
}

/** @throws CommandFailure that points at the mistake in the expression */
export async function selection({ filter, fields }: SelectionFlags): Promise<Selection> {
  if (filter === undefined) return { filter, fields };
  // The grammar takes longer to load than most searches take.
  const { parseFilter } = await import("../inputs/filter-expression.js");
  return { filter: parseFilter(filter), fields };
}

function fieldNames(text: string): readonly string[] | "all" {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError("expected names with commas between them, or all");
  return text.trim() === "all" ? "all" : names;
}
