import { copyFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AdminClient, MaxsimClient } from "@maxsimd/client";
import { Daemon } from "./daemon.js";
import { DAMAGES } from "./damage.js";
import { type Ended, Load, type LoadListener } from "./load.js";
import { buildSample, createRandom } from "./sample.js";

/** What happened in some trials. */
export interface Trials {
  readonly trials: number;
  /** Trials of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly answers: number;
  /** Queries that were refused because of the file. */
  readonly refused: number;
  /** Answers that differ from the undamaged version's, and errors that are not to be; empty if all is well. */
  readonly wrong: readonly string[];
  /** How the server ended. */
  readonly end: string;
  /** Lines of its log that say that a version went out of service. */
  readonly outOfService: number;
}

export interface TrialOptions {
  /** Most trials. */
  readonly trials: number;
  /** No trial begins after so many milliseconds. */
  readonly ms: number;
  readonly seed: number;
  readonly onTrial?: (trial: number, kind: string) => void;
}

/** Answers that a trial which changes no bytes waits for. */
const ANSWERS = 60;

/** Compares each outcome with what may come. */
class Judge implements LoadListener {
  readonly wrong: string[] = [];
  answers = 0;
  refused = 0;
  /** The number of the trial, and whether it damages the file. */
  trial = 0;
  readonly #damaging: boolean[] = [false];
  readonly #expected = new Map<string, string>();
  #look: () => void = () => undefined;

  begin(name: string): (ended: Ended) => void {
    const from = this.trial;
    return (ended) => {
      const kind = `trial ${from}, ${name}`;
      if ("text" in ended) {
        this.answers += 1;
        // Before the first trial answers are what is expected.
        if (!this.#expected.has(name) && this.trial === 0) this.#expected.set(name, ended.text);
        const expected = this.#expected.get(name);
        if (ended.text !== expected) this.wrong.push(`${kind}: expected ${expected}, got ${ended.text}`);
      } else {
        this.refused += 1;
        const mayBe = this.#damaging.slice(from, this.trial + 1).includes(true);
        if (ended.code !== "INDEX_CORRUPT" || !mayBe) this.wrong.push(`${kind}: ${ended.code}: ${ended.message}`);
      }
      this.#look();
    };
  }

  /** Begins the next phase: a trial, or the time after it. */
  next(damaging: boolean): void {
    this.#damaging.push(damaging);
    this.trial += 1;
  }

  /** Number of names of which the right answer is known. */
  get known(): number {
    return this.#expected.size;
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }
}

/** A catalog with one index, whose versions all hold the same bytes. */
class SameVersions {
  /** Label of the current one. */
  label = "a";
  readonly #good: string;
  readonly #books: string;
  readonly #admin: AdminClient;

  constructor(good: string, books: string, admin: AdminClient) {
    this.#good = good;
    this.#books = books;
    this.#admin = admin;
  }

  /** File of the current version. */
  get path(): string {
    return join(this.#books, `${this.label}.maxsim`);
  }

  /** Puts the right file in its place and swaps to it: a version of another label, or the same one, which is opened again. */
  async renew(other: boolean): Promise<void> {
    if (other) this.label = this.label === "a" ? "b" : "a";
    copyFileSync(this.#good, `${this.path}.new`);
    renameSync(`${this.path}.new`, this.path);
    await this.#admin.swapIndex("books", this.label);
  }
}

/** Serves an index from a catalog in `folder`, and damages the file of the current version again and again while clients search it. */
export async function runTrials(folder: string, { trials, ms, seed, onTrial }: TrialOptions): Promise<Trials> {
  const [good, other, books] = [join(folder, "good"), join(folder, "other"), join(folder, "catalog/books")];
  mkdirSync(books, { recursive: true });
  const queries = await buildSample(good, 1);
  await buildSample(other, 2);
  copyFileSync(good, join(books, "a.maxsim"));
  writeFileSync(join(books, "current"), "a\n");

  // On a busy machine queries that would wait long are refused as OVERLOADED; they are not what is tested.
  const daemon = await Daemon.start(join(folder, "catalog"), ["--limit", "queueMs=60000"]);
  const [client, admin] = [new MaxsimClient(daemon.data, { maxAttempts: 1 }), new AdminClient(daemon.admin)];
  const versions = new SameVersions(good, books, admin);
  const judge = new Judge();
  const load = new Load(daemon.data, queries, judge);
  // The clients of a server that has ended get errors, which are wrong.
  const over = () => daemon.end !== undefined || judge.wrong.length > 0;
  const until = (done: () => boolean) => judge.until(() => over() || done());
  const random = createRandom(seed);
  const kinds: Record<string, number> = {};

  async function damage(kind: string): Promise<void> {
    const { harmless, act } = DAMAGES[kind] as (typeof DAMAGES)[string];
    const [answers, refused] = [judge.answers, judge.refused];
    judge.next(!harmless);
    act(versions.path, { random, other });
    await until(() => (harmless ? judge.answers >= answers + ANSWERS : judge.refused > refused));
    if (over()) return;
    if (!harmless) await expectHealth("NOT_SERVING");
    await versions.renew(harmless || random() < 0.5);
    judge.next(false);
    await expectHealth("SERVING");
  }

  /** What health says may be as late as the refusal of a query whose file is being verified. */
  async function expectHealth(expected: string): Promise<void> {
    const late = performance.now() + 10_000;
    while (!over() && (await client.health()) !== expected) {
      if (performance.now() > late) judge.wrong.push(`trial ${judge.trial}: health is not ${expected}`);
    }
  }

  await until(() => judge.known === 3 * queries.length);
  const started = performance.now();
  let done = 0;
  for (; done < trials && !over() && performance.now() - started < ms; done++) {
    const kind = Object.keys(DAMAGES)[done % Object.keys(DAMAGES).length] as string;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    onTrial?.(done, kind);
    await damage(kind);
  }
  const end = daemon.end;
  await load.stop();
  client.close();
  admin.close();
  const { answers, refused } = judge;
  const wrong = judge.wrong.slice(0, 5);
  const stopped = await daemon.stop();
  return { trials: done, kinds, answers, refused, wrong, end: end ?? stopped, outOfService: daemon.outOfService };
}
