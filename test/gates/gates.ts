import type { Gate } from "./gate.js";
import { l1 } from "./gates/l1-terminate-under-load.js";
import { l2 } from "./gates/l2-kill-and-restart.js";
import { o1 } from "./gates/o1-overload.js";
import { o2 } from "./gates/o2-deadlines.js";
import { o3 } from "./gates/o3-cancelled-work.js";
import { o4 } from "./gates/o4-deadlines-under-load.js";
import { w1 } from "./gates/w1-swaps-under-load.js";

/** Every gate, in the order of the table. */
export const GATES: readonly Gate[] = [w1, o1, o2, o3, o4, l1, l2];
