// Builds one index after another to the same path, until it is killed. Tells when each is complete.

import process from "node:process";
import { Tachiom } from "@maxsimd/native";

const [, , folder = "", output = ""] = process.argv;
process.stdout.write("ready\n");
for (let round = 0; ; round++) {
  const index = await Tachiom.build(`${folder}/vectors.npy`, `${folder}/token_ids.npy`, `${folder}/doclens.npy`, {
    output,
    exactBelow: 0,
    efConstruction: 40,
    pqNIter: 2,
    // Another seed, another file: a mixture of two would show.
    pqSeed: round,
  });
  index.close();
  process.stdout.write(`built ${round}\n`);
}
