import { Command } from "commander";
import type { Session } from "../session.js";
import { tacReportCommand } from "./tac-report.js";
import { tacTrainCommand } from "./tac-train.js";

/** `maxsimd tac …`: token-aware clustering on its own. */
export function tacCommand(session: Session): Command {
  return new Command("tac")
    .summary("cluster token vectors by type, and write or show the clustering")
    .description("Token-aware clustering, the first step of a build, on its own: its files or a page about it.")
    .addCommand(tacTrainCommand(session))
    .addCommand(tacReportCommand(session));
}
