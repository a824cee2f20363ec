import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Collection } from "@maxsimd/native";
import { isName, NAME_RULE } from "@maxsimd/server/catalog";
import type { Command } from "commander";
import { EXIT } from "../exit-code.js";
import { CommandFailure, usageFailure } from "../failure.js";

/** Options that name an index in a catalog folder. */
export interface CatalogIndexFlags {
  catalog: string;
  index: string;
}

/** Adds the options that {@link openCatalogIndex} reads. */
export function addCatalogIndexOptions(command: Command): Command {
  return command
    .requiredOption("--catalog <folder>", "catalog that holds the index")
    .requiredOption("--index <name>", "name of the index in the catalog");
}

/**
 * The versions of an index in a catalog folder: `<catalog>/<index>`.
 *
 * @throws CommandFailure if the catalog has no such index, or no version of it is current
 */
export async function openCatalogIndex({ catalog, index }: CatalogIndexFlags): Promise<Collection> {
  if (!isName(index)) throw usageFailure(`"${index}" cannot name an index: expected ${NAME_RULE}`);
  const folder = join(catalog, index);
  if (!existsSync(folder)) {
    throw new CommandFailure(EXIT.NOT_FOUND, `there is no index ${index} in ${catalog}: make it with maxsimd build`);
  }
  if (!existsSync(join(folder, "current"))) {
    throw new CommandFailure(EXIT.NOT_FOUND, `no version of ${index} is current: build one with --current`);
  }
  const { Collection } = await import("@maxsimd/native");
  return Collection.open(folder);
}

/** Says which version is current in the folder, and when a running server serves it. */
export function describeCurrent(index: string, version: string): string {
  return `version ${version} of ${index}, current: servers of this catalog serve it within a second or two`;
}
