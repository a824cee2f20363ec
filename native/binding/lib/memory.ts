import { totalmem } from "node:os";
import { constrainedMemory } from "node:process";

/** Bytes of memory of the machine, or fewer if a cgroup, of version 1 or 2, allows fewer. */
export function machineMemory(): number {
  const total = totalmem();
  const limit = constrainedMemory();
  // Without a limit, Node gives 0 or a number far above what a machine has.
  return limit > 0 ? Math.min(limit, total) : total;
}
