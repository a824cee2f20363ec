import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Collection, Index } from "@maxsimd/native";
import { random } from "../../../native/binding/testing/corpus.js";
import { type Change, Changes, DIM } from "./change.js";
import { checkAnswers, checkVersions, difference } from "./compare.js";
import { type Counts, Dictionary } from "./dictionary.js";
import { type Answer, Writer } from "./writer.js";

/** Most changes of one writer before it is to be killed or to end. */
const LONGEST_LIFE = 20;
/** Most milliseconds from then to the kill; a change takes some 40. */
const LONGEST_DELAY = 100;
/** One in so many writers ends by itself. */
const ENDS = 5;

/** How a run went. */
export interface ModelRun {
  /** Documents upserted and deleted. */
  readonly operations: number;
  readonly changes: number;
  readonly kills: number;
  /** Changes that were made when their writer was killed: those that are there as a whole, and those that are not there. */
  readonly whole: number;
  readonly absent: number;
}

/**
 * Makes random changes of a collection in processes that are killed, and compares it with a dictionary after each.
 *
 * @param folder an empty folder for the collection
 * @param onCheck is called after each comparison
 * @throws at the first difference
 */
export async function runModel(
  folder: string,
  { operations, seed }: { operations: number; seed: number },
  onCheck: (run: ModelRun) => void = () => undefined,
): Promise<ModelRun> {
  const model = await Model.start(folder, seed);
  while (model.run.operations < operations) {
    await model.live(operations);
    await model.check();
    onCheck({ ...model.run });
  }
  await model.checkTidied();
  return model.run;
}

class Model {
  readonly run = { operations: 0, changes: 0, kills: 0, whole: 0, absent: 0 };
  readonly #folder: string;
  readonly #changes: Changes;
  /** Lives, kills and checks. How many numbers they take depends on time, and must not change the changes. */
  readonly #random: () => number;
  /** Number of documents of each version that was acknowledged. */
  readonly #sizes = new Map<string, number>();
  #dictionary: Dictionary;
  /** The change that was being made when the writer was killed. */
  #unanswered: Change | undefined;

  private constructor(folder: string, seed: number, changes: Changes, dictionary: Dictionary) {
    this.#folder = folder;
    this.#random = random(seed + 1);
    this.#changes = changes;
    this.#dictionary = dictionary;
  }

  /** Builds the first version. */
  static async start(folder: string, seed: number): Promise<Model> {
    const changes = new Changes(seed);
    const next = random(seed);
    const first = changes.upsert();
    const dictionary = new Dictionary().with(first);
    const documents = [...dictionary.documents.values()];
    const doclens = Int32Array.from(documents, ({ tokens }) => tokens);
    const tokens = doclens.reduce((sum, length) => sum + length, 0);
    const vectors = Uint16Array.from({ length: tokens * DIM }, () => Math.floor(next() * 0x3c00));
    const tokenIds = Uint32Array.from({ length: tokens }, () => Math.floor(next() * 10));
    const index = await Index.buildFromArrays(vectors, tokenIds, doclens, {
      ...{ dim: DIM, exactBelow: 0, output: join(folder, "model.maxsim") },
      attributes: documents.map(({ id, fields }) => ({ id, ...fields })),
    });
    index.close();
    writeFileSync(join(folder, "current"), "model\n");
    return new Model(folder, seed, changes, dictionary);
  }

  /** Makes changes in a new process, until it is killed or ends. */
  async live(operations: number): Promise<void> {
    const writer = new Writer(this.#folder);
    const ends = this.#below(ENDS) === 0;
    const life = this.#below(LONGEST_LIFE + 1);
    for (let made = 0; !ends || (made < life && this.run.operations < operations); made++) {
      if (!ends && made === life) {
        writer.killAfter(this.#random() * LONGEST_DELAY);
        this.run.kills++;
      }
      const change = this.#changes.next();
      const answer = await writer.make(change);
      if (answer === undefined) {
        this.#unanswered = change;
        break;
      }
      this.#acknowledge(change, answer);
    }
    await writer.end();
  }

  #acknowledge(change: Change, { version, added, deleted }: Answer): void {
    const expected = this.#apply(change);
    const isDocuments = change.kind !== "compact" && change.kind !== "remove-versions";
    if (isDocuments && !isDeepStrictEqual({ added, deleted }, expected)) {
      throw new Error(
        `${change.kind}: expected ${JSON.stringify(expected)}, got ${JSON.stringify({ added, deleted })}`,
      );
    }
    if (version !== undefined) this.#sizes.set(version, this.#dictionary.documents.size);
  }

  #apply(change: Change): Counts {
    const counts = this.#dictionary.apply(change);
    this.run.changes++;
    this.run.operations += change.kind === "upsert" ? counts.added : counts.deleted;
    return counts;
  }

  /** Compares the collection with the dictionary, after which it is known whether the change without an answer was made. */
  async check(): Promise<void> {
    const collection = await Collection.open(this.#folder);
    const index = await collection.load();
    const unanswered = this.#unanswered;
    this.#unanswered = undefined;
    const without = difference(index, this.#dictionary);
    if (without === undefined) {
      if (unanswered !== undefined) this.run.absent++;
    } else {
      const wholly = unanswered === undefined ? without : difference(index, this.#dictionary.with(unanswered));
      if (unanswered === undefined || wholly !== undefined) {
        const made = unanswered === undefined ? "" : `, and with the ${unanswered.kind} that was being made ${wholly}`;
        throw new Error(`after ${this.run.changes} changes: ${without}${made}`);
      }
      this.#apply(unanswered);
      this.run.whole++;
    }
    await checkAnswers(index, this.#dictionary, this.#random);
    index.close();
    await checkVersions(collection, this.#sizes);
  }

  /** Compacts all and removes what is old; then only the files of one version are left, and it holds the same. */
  async checkTidied(): Promise<void> {
    const collection = await Collection.open(this.#folder);
    await collection.compact({ all: true });
    await collection.removeVersions({ keep: 0, built: true });
    const versions = await collection.versions();
    const parts = readdirSync(join(this.#folder, "parts")).filter((name) => name.endsWith(".maxsim"));
    if (versions.length !== 1 || parts.length !== 2) {
      throw new Error(`expected 1 version of a codec and a segment, got ${versions.length} and ${parts.length} files`);
    }
    await this.check();
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
