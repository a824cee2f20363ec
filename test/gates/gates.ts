import type { Gate } from "./gate.js";
import { l1 } from "./gates/l1-terminate-under-load.js";
import { l2 } from "./gates/l2-kill-and-restart.js";
import { w1 } from "./gates/w1-swaps-under-load.js";

/** Every gate, in the order of the table. */
export const GATES: readonly Gate[] = [w1, l1, l2];
