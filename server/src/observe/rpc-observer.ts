/** Called with each call as it ends: the transport reports, metrics and the log listen. */
export interface RpcObserver {
  /** A call has begun. */
  started(method: string): void;
  /**
   * A call has ended.
   * @param grpcCode number of its gRPC status.
   */
  finished(method: string, grpcCode: number, seconds: number): void;
  /** A call ended with a defect of the server; the cause is for the log. */
  failed(method: string, peer: string, cause: unknown): void;
}
