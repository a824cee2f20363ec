/** What a command has of the world: where it writes, what the environment says, and when the user wants it to stop. */
export interface Session {
  /** Writes a line to standard output. */
  readonly out: (line: string) => void;
  /** Writes a line to standard error. */
  readonly err: (line: string) => void;
  /** Standard error, when it is a terminal: progress bars go there. */
  readonly bars: NodeJS.WritableStream | undefined;
  /** Width of the terminal that tables are for, in characters; undefined where output goes elsewhere. */
  readonly columns: number | undefined;
  readonly settings: Settings;
  /** What the server, if this process becomes one, takes its own settings from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Aborts on Ctrl-C and SIGTERM. From the first call on those signals no longer end the process by themselves, but the
   * second one does.
   */
  readonly interruption: () => AbortSignal;
}

/** What the environment sets. */
export interface Settings {
  /** MAXSIMD_SERVER: address of the server for commands that name none. */
  readonly server: string;
  /** MAXSIMD_ADMIN: address of the admin listener for commands that name none. */
  readonly admin: string | undefined;
  /** MAXSIMD_TOKEN: sent with each call. */
  readonly token: string | undefined;
  /** MAXSIMD_DEBUG: print the stack of a failure. */
  readonly debug: boolean;
}
