export type { ServerConfig, ServerConfigInput } from "./config/server-config.js";
export { StartError } from "./errors/start-error.js";
export { runServer } from "./run-server.js";
export { ExitCode, type ServerProcess } from "./server-process.js";
export { type RunningServer, start } from "./start.js";
