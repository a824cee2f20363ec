export type { ServerConfig, ServerConfigInput } from "./config/server-config.js";
export { StartError } from "./errors/start-error.js";
export { STATION_CHANNEL, STATIONS, type StationTime } from "./observe/stations.js";
export { ExitCode, runServer, type ServerProcess } from "./run-server.js";
export type { QueryEncoder } from "./services/search-text.js";
export { type OpenEncoder, type RunningServer, start } from "./start.js";
