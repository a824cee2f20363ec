import { constants, type Http2Session } from "node:http2";
import { type Limits, MAX_TIMER_MS } from "../config/limits.js";

/** Ages spread by 10 % to both sides, so that clients that came together do not leave together, in steps of 1 %. */
const SPREAD_PERCENT = 10;
/** The highest number of a stream: all that the peer has begun are answered. */
const LAST_STREAM = 2 ** 31 - 1;

/**
 * Asks the peer of an old connection to open another, and ends the connection some time later.
 *
 * grpc-js could do so, but with an unreferenced timer whose time is another one for each connection. Node keeps a list for each time that a
 * timer has, and that of an unreferenced timer until the time is over, also if the timer is cancelled: 130 bytes for each connection of the
 * last half hour. Here timers have 21 times, and are referenced.
 */
export function limitAge(
  session: Http2Session,
  { connectionAgeMs, connectionAgeGraceMs }: Pick<Limits, "connectionAgeMs" | "connectionAgeGraceMs">,
): void {
  const percent = 100 - SPREAD_PERCENT + Math.floor(Math.random() * (2 * SPREAD_PERCENT + 1));
  const leave = (): void => {
    session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM, Buffer.from("max_age"));
    session.close();
    timer = setTimeout(() => session.destroy(), connectionAgeGraceMs);
  };
  let timer = setTimeout(leave, Math.min(MAX_TIMER_MS, Math.ceil((connectionAgeMs * percent) / 100)));
  session.once("close", () => clearTimeout(timer));
}
