/** What the command's exit codes mean. Documented in `maxsimd --help` and the README. */
export const EXIT = {
  OK: 0,
  /** Anything that has no code of its own. */
  FAILURE: 1,
  /** The command line is wrong: an unknown option, a missing argument, a value outside its range. */
  USAGE: 2,
  /** A file, index or version does not exist. */
  NOT_FOUND: 3,
  /** No server answers there, or it is at its capacity, draining, or too slow for the deadline. */
  UNAVAILABLE: 4,
  /** A file is damaged, of another format, or its content does not fit. */
  BAD_DATA: 5,
  /** Ctrl-C. */
  INTERRUPTED: 130,
  /** SIGTERM. */
  TERMINATED: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For `maxsimd --help`. */
export const EXIT_CODE_HELP = `
Exit codes:
  0    done
  1    failed
  2    the command line is wrong
  3    a file, index or version does not exist
  4    no server answers, or it is overloaded, draining or too slow
  5    a file is damaged, of another format, or its content does not fit
  130  interrupted (143: terminated)`;
