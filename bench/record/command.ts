import { parseArgs } from "node:util";

/**
 * Runs a benchmark as a command with the options `--records FOLDER` and `--help`. An error is printed, and the exit code is then 1.
 *
 * @param records the folder for records if none is given
 */
export async function benchmarkCommand(usage: string, records: string, run: (records: string) => Promise<void> | void) {
  try {
    const { values } = parseArgs({
      options: { records: { type: "string", default: records }, help: { type: "boolean", default: false } },
    });
    if (values.help) console.log(usage);
    else await run(values.records);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
