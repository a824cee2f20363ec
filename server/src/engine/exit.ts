/** Ends the process although threads are kept by native code. */
export { exitWithin } from "@maxsimd/native";
