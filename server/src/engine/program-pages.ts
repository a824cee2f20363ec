/** Gives back what only starting needed of Node's own file, some 20 MB. Throws MaxsimError if the system refuses. */
export { releaseProgramPages } from "@maxsimd/native";
