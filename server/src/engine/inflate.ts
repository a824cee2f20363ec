/** Decompresses messages without garbage, on the threads that open indexes. */
export { inflate } from "@maxsimd/native";
