import type { Gate } from "./gate.js";
import { a1 } from "./gates/a1-access-table.js";
import { a2 } from "./gates/a2-names.js";
import { a3 } from "./gates/a3-secrets-and-packages.js";
import { f1, f2, f3, f5 } from "./gates/damaged-files.js";
import { f4 } from "./gates/f4-served-file.js";
import { f6 } from "./gates/f6-loaded-files.js";
import { h1 } from "./gates/h1-frame-fuzz.js";
import { h2 } from "./gates/h2-floods.js";
import { s1, s2 } from "./gates/interrupted-changes.js";
import { l1 } from "./gates/l1-terminate-under-load.js";
import { l2 } from "./gates/l2-kill-and-restart.js";
import { l3 } from "./gates/l3-native-panics.js";
import { m1 } from "./gates/m1-unread-streams.js";
import { m2 } from "./gates/m2-hostile-requests.js";
import { m3 } from "./gates/m3-soak.js";
import { m4 } from "./gates/m4-kept-memory.js";
import { o1 } from "./gates/o1-overload.js";
import { o2 } from "./gates/o2-deadlines.js";
import { o3 } from "./gates/o3-cancelled-work.js";
import { o4 } from "./gates/o4-deadlines-under-load.js";
import { w1 } from "./gates/w1-swaps-under-load.js";
import { w2 } from "./gates/w2-failing-loads.js";
import { w3 } from "./gates/w3-changes-under-load.js";

/** Every gate, in the order of the table. */
export const GATES: readonly Gate[] = [
  ...[f1, f2, f3, f4, f5, f6, s1, s2, w1, w2, w3, o1, o2, o3, o4],
  ...[m1, m2, m3, m4, h1, h2, l1, l2, l3, a1, a2, a3],
];
