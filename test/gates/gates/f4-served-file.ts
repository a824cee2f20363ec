import { join } from "node:path";
import { root } from "../../support/root.js";
import { type Gate, never } from "../gate.js";
import { runNode } from "../support/child-process.js";

const TRIALS = 1000;

export const f4: Gate = {
  id: "F4",
  promise:
    "Whatever is done to the file of a running server, answers are those of the undamaged index or an error says so.",
  place: "lane",
  bug: {
    what: "a damaged file is reported as a defect of the server",
    caughtBy: "answers and errors that are wrong",
    edits: [
      {
        file: "server/src/errors/from-native.ts",
        from: "INDEX_CORRUPT: ErrorCode.INDEX_CORRUPT,",
        to: "INDEX_CORRUPT: ErrorCode.INTERNAL,",
      },
    ],
  },
  async run({ seed, count }) {
    const trials = count(TRIALS);
    const program = join(root, "test/dist/test/support/served-file/main.js");
    const { output } = await runNode([program, "--trials", String(trials), "--seed", String(seed)]);
    const result = JSON.parse(output.slice(output.indexOf("\n{"), output.lastIndexOf("}") + 1)) as {
      trials: number;
      answers: number;
      refused: number;
      wrong: string[];
      end: string;
    };
    return [
      { what: "trials", got: result.trials, least: trials },
      { what: "answers", got: result.answers, least: trials },
      never("answers and errors that are wrong", result.wrong),
      never("ends of the process", result.end === "exit 0" ? [] : [result.end]),
    ];
  },
};
