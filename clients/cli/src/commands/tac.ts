import { Command } from "commander";
import type { Session } from "../session.js";
import { tacReportCommand } from "./tac-report.js";
import { tacTrainCommand } from "./tac-train.js";

/** `maxsimd tac …`: token-aware clustering by itself. */
export function tacCommand(session: Session): Command {
  return new Command("tac")
    .summary("cluster token vectors by type, and look at the clustering")
    .description("Token-aware clustering by itself: the first step of a build, to look at or to keep.")
    .addCommand(tacTrainCommand(session))
    .addCommand(tacReportCommand(session));
}
