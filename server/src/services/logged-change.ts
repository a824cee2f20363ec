import type { Log } from "../observe/log.js";

/** Makes a change, as one line of the log, also if it fails; `act` resolves to the response, and to what the log says of it. */
export async function loggedChange<Response>(
  log: Log,
  change: string,
  subject: object,
  act: () => Promise<[response: Response, done: object]>,
): Promise<Response> {
  const started = performance.now();
  const since = (): number => Math.round(performance.now() - started);
  try {
    const [response, done] = await act();
    log.info({ ...subject, ...done, ms: since() }, `${change} done`);
    return response;
  } catch (error) {
    log.warn({ ...subject, ms: since(), err: error }, `${change} failed`);
    throw error;
  }
}
