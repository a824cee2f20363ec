import process from "node:process";
import type { Session } from "./session.js";

const DEFAULT_SERVER = "127.0.0.1:50051";

/** Reads the environment. Nothing else in this package does. An empty variable counts as not set. */
export function readEnvironment(variables = process.env): Pick<Session, "settings" | "environment"> {
  // The server reads MAXSIMD_ADMIN too: it opens its admin listener there. The other variables are the command's own.
  const { MAXSIMD_SERVER, MAXSIMD_TOKEN, MAXSIMD_DEBUG, ...environment } = variables;
  return {
    settings: {
      server: MAXSIMD_SERVER || DEFAULT_SERVER,
      admin: environment["MAXSIMD_ADMIN"] || undefined,
      token: MAXSIMD_TOKEN || undefined,
      debug: Boolean(MAXSIMD_DEBUG),
    },
    environment,
  };
}
