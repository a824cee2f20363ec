export { ConfigError } from "./config/config-error.js";
export type { ServerConfig, ServerConfigInput } from "./config/server-config.js";
export { ExitCode, runServer, type ServerProcess } from "./run-server.js";
export { type RunningServer, start } from "./start.js";
