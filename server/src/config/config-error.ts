/** The configuration cannot be used. Each line says which setting, what was expected, what was found and where. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
