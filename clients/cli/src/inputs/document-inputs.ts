import { readFileSync } from "node:fs";
import type { AttributeType, BuildOptions } from "@maxsimd/native";
import { requireFiles } from "@maxsimd/report/dataset";
import type { Command } from "commander";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";
import { readAttributes } from "./attribute-file.js";

/** What is given of the documents beside their tokens. */
export interface DocumentFlags {
  ids?: string;
  attributes?: string;
  schema?: string;
}

/** Adds the options that {@link documentInputs} reads. */
export function addDocumentInputs(command: Command): Command {
  return command
    .option("--ids <file>", "ids of the documents, one on each line (default: the field id of --attributes)")
    .option(
      "--attributes <file>",
      "fields of the documents: JSON lines, an object for each document, or a .parquet file",
    )
    .option(
      "--schema <json|file>",
      'types of attributes, as {"year":"integer"}: keyword, keywords, integer, float, boolean, timestamp (default: by the values)',
    );
}

/** @throws CommandFailure if a file does not exist or cannot be read, or the schema is not JSON */
export async function documentInputs({ ids, attributes, schema }: DocumentFlags): Promise<BuildOptions> {
  requireFiles(ids, attributes);
  const given = schema === undefined ? undefined : readSchema(schema);
  return { ids, attributes: await readAttributes(attributes), schema: given };
}

function readSchema(given: string): Record<string, AttributeType> {
  const inline = given.trimStart().startsWith("{");
  if (!inline) requireFiles(given);
  try {
    // The engine checks names and types.
    return JSON.parse(inline ? given : readFileSync(given, "utf8")) as Record<string, AttributeType>;
  } catch (cause) {
    const message = `${inline ? "--schema" : given} is not JSON: ${(cause as Error).message.replaceAll(/\s+/g, " ")}`;
    // biome-ignore lint/style/useErrorCause: it is passed, behind the exit code and the message
    throw new CommandFailure(inline ? EXIT.USAGE : EXIT.BAD_DATA, message, { cause });
  }
}
