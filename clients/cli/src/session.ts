/** A command's access to the outside: its output, its environment, and the user's wish to stop. */
export interface Session {
  /** Writes a line to standard output. */
  readonly out: (line: string) => void;
  /** Writes a line to standard error. */
  readonly err: (line: string) => void;
  /** Standard error if it is a terminal, for progress bars; undefined otherwise. */
  readonly bars: NodeJS.WritableStream | undefined;
  /** Width of the terminal in characters; undefined if standard output is not a terminal. */
  readonly columns: number | undefined;
  readonly settings: Settings;
  /** The environment variables of the server, for `serve`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Aborts on Ctrl-C and SIGTERM. After the first call of this function, the first of these signals no longer ends the
   * process; the second one does.
   */
  readonly interruption: () => AbortSignal;
  /** Calls back on each SIGHUP, which then does not end the process. */
  readonly onHangUp: (listener: () => void) => void;
}

/** Settings from the environment. */
export interface Settings {
  /** MAXSIMD_SERVER: the server's address, unless a command names one. */
  readonly server: string;
  /** MAXSIMD_ADMIN: the admin listener's address, unless a command names one. */
  readonly admin: string | undefined;
  /** MAXSIMD_TOKEN: sent with each call. */
  readonly token: string | undefined;
  /** MAXSIMD_DEBUG: print the stack of a failure. */
  readonly debug: boolean;
}
