import { readFileSync } from "node:fs";
import { requireFiles } from "@maxsimd/report/dataset";
import { EXIT } from "../exit-code.js";
import { CommandFailure, usageFailure } from "../failure.js";

/** Options that name documents by their ids. */
export interface DocumentIdFlags {
  ids?: string;
  idsFile?: string;
}

/**
 * The ids of `--ids` or of `--ids-file`, each once.
 *
 * @throws CommandFailure unless one of both is given and every id has a character
 */
export function documentIds({ ids, idsFile }: DocumentIdFlags): string[] {
  if (ids !== undefined && idsFile !== undefined) throw usageFailure("give either --ids or --ids-file, not both");
  if (ids !== undefined) {
    const listed = ids.split(",");
    if (listed.includes(""))
      throw usageFailure(`--ids "${ids}": expected ids with commas between them, got an empty id`);
    return [...new Set(listed)];
  }
  if (idsFile === undefined)
    throw usageFailure("say what to delete: --ids <a,b,c>, --ids-file <file> or --filter <expression>");
  requireFiles(idsFile);
  const lines = readFileSync(idsFile, "utf8")
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  const empty = lines.indexOf("");
  if (empty !== -1) {
    throw new CommandFailure(EXIT.BAD_DATA, `${idsFile}, line ${empty + 1}: expected an id, got an empty line`);
  }
  return [...new Set(lines)];
}
