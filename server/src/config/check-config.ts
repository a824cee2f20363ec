import type { z } from "zod";
import { StartError } from "../errors/start-error.js";
import { type ServerConfig, type ServerConfigInput, serverConfigSchema } from "./server-config.js";

/**
 * Fills in defaults and checks every setting.
 * @param sourceOf says where a setting came from, for the message.
 * Throws StartError that names each setting at fault.
 */
export function checkConfig(
  input: ServerConfigInput | Record<string, unknown>,
  sourceOf: (path: string) => string | undefined = () => undefined,
): ServerConfig {
  const result = serverConfigSchema.safeParse(input, { reportInput: true });
  if (result.success) {
    return result.data;
  }
  const lines = result.error.issues.map((issue) => describeIssue(issue, sourceOf));
  throw StartError.configuration(lines.join("\n"));
}

function describeIssue(issue: z.core.$ZodIssue, sourceOf: (path: string) => string | undefined): string {
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.map((key) => [...issue.path, key].join("."));
    return keys.map((key) => `${key}: unknown setting${from(sourceOf(key))}`).join("\n");
  }
  const path = issue.path.join(".");
  return `${path}: ${issue.message}, got ${JSON.stringify(issue.input) ?? "nothing"}${from(sourceOf(path))}`;
}

function from(source: string | undefined): string {
  return source === undefined ? "" : ` (from ${source})`;
}
