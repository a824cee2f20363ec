/** `npm run bench:recipes`: runs the recipes of clients/python with the packages that they are for. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentCircumstances } from "../record/circumstances.js";
import { benchmarkCommand } from "../record/command.js";
import { BenchmarkRecord } from "../record/record.js";
import { markdown } from "../record/table.js";
import { type EnvironmentName, frameworkEnvironment, ROOT, runScript } from "./environment.js";
import { recipesTable } from "./tables.js";

const ENVIRONMENTS = join(tmpdir(), "maxsimd-frameworks");

const USAGE = `npm run bench:recipes [-- --records FOLDER]

Runs the recipes of clients/python/README.md as they are printed, with the real packages, against a server of this clone. Prints a table, and
writes a record (bench/records/recipes-readme.csv). Exits with 1 if a recipe fails.

It makes two Python environments of about 5 GB each in ${ENVIRONMENTS} (TMPDIR moves them). Running them took two minutes.
`;

const HEADINGS: Record<EnvironmentName, string[]> = {
  pylate: ["PyLate"],
  recipes: ["Sentence Transformers", "LangChain", "LlamaIndex", "Haystack"],
};

interface RecipeRun {
  readonly recipe: string;
  readonly lines: number;
  readonly packages: Record<string, string>;
  readonly seconds: number;
  readonly printed: string;
  /** Empty if the recipe printed what it should. */
  readonly error: string;
}

await benchmarkCommand(USAGE, join(ROOT, "bench/records"), (records) => {
  const runs = (Object.keys(HEADINGS) as EnvironmentName[]).flatMap((name) =>
    runScript<RecipeRun>(frameworkEnvironment(name, ENVIRONMENTS), "run_recipes.py", ...HEADINGS[name]),
  );
  const record = new BenchmarkRecord("recipes", "readme", currentCircumstances());
  for (const { recipe, lines, packages, seconds, error } of runs) {
    // A name in a record has no blanks.
    const parameters = { recipe: recipe.replaceAll(" ", "_") };
    for (const [name, version] of Object.entries(packages)) {
      record.add("", { ...parameters, package: name, version }, "installed", "", 1);
    }
    record.add("maxsimd", parameters, "passed", "", error === "" ? 1 : 0);
    record.add("maxsimd", parameters, "lines", "", lines);
    record.add("maxsimd", parameters, "time", "s", seconds);
    if (error !== "") {
      console.error(`${recipe}: ${error}`);
      process.exitCode = 1;
    }
  }
  console.log(`\n${markdown(recipesTable([record]), true)}\n\n${record.save(records)}`);
});
