import { getSystemErrorMap } from "node:util";

/** What the operating system refused, by its error name, in words that say how to fix it. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied; give the user that runs the server access to it"],
  ["EPERM", "permission denied; give the user that runs the server access to it"],
  ["ENOENT", "it does not exist; check the path"],
  ["ENOTDIR", "a part of its path is not a directory; check the path"],
  ["EISDIR", "it is a directory, not a file; check the path"],
  ["EROFS", "the file system is read-only; mount it writable"],
  ["ENOSPC", "the disk is full; free some space"],
  ["EDQUOT", "the disk quota is used up; free some space"],
  ["EIO", "the disk failed to read or write; check the disk"],
  ["ENODEV", "it cannot be mapped into memory; copy it to an ordinary file system"],
  ["ENOMEM", "the system has no memory left; free some, or serve less"],
  ["EMFILE", "the process has too many open files; raise its limit (ulimit -n)"],
  ["ENFILE", "the system has too many open files; raise its limit (fs.file-max)"],
  ["EADDRINUSE", "another process listens there; stop it, or choose another address"],
  ["EADDRNOTAVAIL", "no network interface of this machine has this address; choose one that is there, or 0.0.0.0"],
  ["ENOTFOUND", "the host name does not resolve; check it, or use an IP address"],
  ["EAI_AGAIN", "the host name does not resolve; check it, or use an IP address"],
]);

export interface SystemFault {
  /** As in `EACCES`. */
  readonly name: string;
  /** What is wrong and how to fix it, without a subject. */
  readonly sentence: string;
}

/**
 * The operating system's fault behind a throwable; undefined for anything else. Node's errors hold the fault's name as their
 * code, native code says its number, and the errors of grpc-js hold only the text of the error before them.
 */
export function systemFault(thrown: unknown): SystemFault | undefined {
  if (!(thrown instanceof Error)) {
    return undefined;
  }
  const { code, message } = thrown as NodeJS.ErrnoException;
  const number = /\(os error (\d+)\)/.exec(message)?.[1];
  const fromNumber = getSystemErrorMap().get(-Number(number))?.[0];
  const unresolved = message.includes("Name resolution failed") ? "ENOTFOUND" : undefined;
  for (const name of [code, fromNumber, unresolved, ...message.split(/\W+/)]) {
    const sentence = SENTENCES.get(name ?? "");
    if (name !== undefined && sentence !== undefined) {
      return { name, sentence };
    }
  }
  return undefined;
}
