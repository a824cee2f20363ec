/** Gives free memory of the heap that the addon shares with Node back to the system. */
export { trimMemory } from "@maxsimd/native";
