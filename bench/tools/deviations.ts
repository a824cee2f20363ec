/** The cases of h2spec that one of our listeners does not pass, and why. Each of them is one of Node's own HTTP/2, or of gRPC's answers. */

const NO_DATA = "a call that is refused is answered by headers alone, as gRPC prescribes, and h2spec waits for data";
const RACE =
  "the answer is out and the stream closed when the second frame comes, and Node ignores frames of closed streams";
const CLOSED = "Node ignores frames of streams that are closed, and ends nothing for them";

export const REASONS: Readonly<Record<string, string>> = {
  "generic/2/2": NO_DATA,
  "generic/2/3": NO_DATA,
  "http2/5.1/5": RACE,
  "http2/5.1/6": RACE,
  "http2/5.1/8": CLOSED,
  "http2/5.1/9": CLOSED,
  "http2/5.1/11": CLOSED,
  "http2/5.1/12": CLOSED,
  "http2/5.1.1/2": "Node ignores a stream whose number is smaller than that of the stream before it",
  "http2/5.1.2/1":
    "each of h2spec's 101 streams is answered and closed before the next comes, so there are never more than 100 at a time",
  "http2/6.1/2": RACE,
  "http2/6.5.3/1": NO_DATA,
  "http2/6.7/2": "Node closes a connection on which an answer to a PING comes that it did not send",
  "http2/6.9.1/1": NO_DATA,
  "http2/6.9.1/2": "Node sends GOAWAY with another error code than FLOW_CONTROL_ERROR",
  "http2/6.9.1/3":
    "over TLS the answer is out before the windows grow too large, and Node then closes the connection, not the stream",
  "http2/6.9.2/1": NO_DATA,
  "http2/6.9.2/2": NO_DATA,
  "http2/8.1/1": RACE,
};
