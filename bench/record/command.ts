import { parseArgs } from "node:util";

/**
 * Runs a benchmark as a command with the options `--records FOLDER` and `--help`. An error is printed, and the exit code is then 1.
 *
 * @param records the folder for records if none is given
 * @param dataset if given, the default of a further option `--dataset`
 */
export async function benchmarkCommand(
  usage: string,
  records: string,
  run: (records: string, dataset: string) => Promise<void> | void,
  dataset?: string,
) {
  try {
    const options = {
      records: { type: "string", default: records },
      help: { type: "boolean", default: false },
    } as const;
    const { values } = parseArgs({
      options: dataset === undefined ? options : { ...options, dataset: { type: "string", default: dataset } },
    });
    if (values.help) console.log(usage);
    else await run(values.records, "dataset" in values ? String(values.dataset) : "");
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
