import type { ChannelOptions } from "@grpc/grpc-js";
import type { Limits } from "../config/limits.js";

/** The limits that HTTP/2 and grpc-js enforce. grpc-js bounds none of them by itself but the request message. */
export function channelLimits(limits: Limits): ChannelOptions {
  return {
    "grpc.max_receive_message_length": limits.requestBytes,
    "grpc.max_send_message_length": limits.responseBytes,
    "grpc.max_concurrent_streams": limits.concurrentStreams,
    "grpc.keepalive_time_ms": limits.keepaliveMs,
    "grpc.keepalive_timeout_ms": limits.keepaliveTimeoutMs,
    "grpc.max_connection_age_ms": limits.connectionAgeMs,
    "grpc.max_connection_age_grace_ms": limits.connectionAgeGraceMs,
    "grpc.max_connection_idle_ms": limits.connectionIdleMs,
    // Its registry costs time on each call, and nothing here reads it. Deadlines are taken over in the handler without it.
    "grpc.enable_channelz": 0,
  };
}
