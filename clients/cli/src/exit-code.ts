/** The command's exit codes. `maxsimd --help` and the README explain them. */
export const EXIT = {
  OK: 0,
  FAILURE: 1,
  USAGE: 2,
  NOT_FOUND: 3,
  UNAVAILABLE: 4,
  BAD_DATA: 5,
  NOT_ALLOWED: 6,
  INTERRUPTED: 130,
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
  6    the server does not know the token, or it lacks the scope
  130  interrupted (143: terminated)`;
