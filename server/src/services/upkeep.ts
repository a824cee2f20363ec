import { ErrorCode } from "@maxsimd/proto";
import type { Catalog } from "../catalog/catalog.js";
import { withCollection } from "../engine/collections.js";
import type { EngineIndex } from "../engine/query.js";
import { ServiceError } from "../errors/service-error.js";
import type { Log } from "../observe/log.js";

/** Changes of an index between two removals of old versions: a removal reads every version, and changes wait for it. */
const CHANGES_BETWEEN_REMOVALS = 10;

/** What is done to one index. */
interface Work {
  /** Changes since the last removal of old versions. */
  changes: number;
  /** Whether there was a change since the last look at the segments. */
  due: boolean;
  running: Promise<void> | undefined;
}

/**
 * What keeps a collection small and fast while its documents change. After a change segments are merged until nothing is worth it, and
 * versions beyond the newest `keep` are removed, except those that are loaded; index files that were built stay. It works on threads that
 * leave the processor to searches, on one step of an index at a time. A failure is logged, and the next change tries again.
 */
export class Upkeep {
  readonly #catalog: Catalog<EngineIndex>;
  readonly #log: Log;
  readonly #keep: number;
  readonly #work = new Map<string, Work>();
  readonly #end = new AbortController();

  /** @param keep number of versions that changes made and that stay; 0: all of them */
  constructor(catalog: Catalog<EngineIndex>, log: Log, keep: number) {
    this.#catalog = catalog;
    this.#log = log;
    this.#keep = keep;
  }

  /** To be called after a change of an index's documents. */
  changed(index: string): void {
    const work = this.#workOn(index);
    work.changes += 1;
    work.due = true;
    work.running ??= this.#run(index, work);
  }

  /** Does something with the files of an index while nothing else is done to them here; what changes meanwhile is looked after later. */
  async exclusively<T>(index: string, act: () => Promise<T>): Promise<T> {
    const work = this.#workOn(index);
    while (work.running !== undefined) {
      await work.running;
    }
    const acting = act();
    const settled = (): void => {
      work.running = undefined;
      if (work.due) work.running = this.#run(index, work);
    };
    work.running = acting.then(settled, settled);
    return acting;
  }

  /** Stops: a merge that is going on ends without effect. Resolves when nothing is going on. */
  async close(): Promise<void> {
    this.#end.abort();
    await Promise.all([...this.#work.values()].map(({ running }) => running));
  }

  #workOn(index: string): Work {
    const work = this.#work.get(index) ?? { changes: CHANGES_BETWEEN_REMOVALS - 1, due: false, running: undefined };
    this.#work.set(index, work);
    return work;
  }

  async #run(index: string, work: Work): Promise<void> {
    try {
      while (work.due && !this.#end.signal.aborted) {
        work.due = false;
        await this.#compact(index);
        if (this.#keep > 0 && work.changes >= CHANGES_BETWEEN_REMOVALS) {
          work.changes = 0;
          await this.#removeVersions(index);
        }
      }
    } catch (error) {
      // Somebody else took an older version up, or changed what was merged: the next change looks again.
      const expected = error instanceof ServiceError && [ErrorCode.CONFLICT, ErrorCode.CANCELLED].includes(error.code);
      if (!expected) this.#log.warn({ index, err: error }, "upkeep failed");
    } finally {
      work.running = undefined;
    }
  }

  async #compact(index: string): Promise<void> {
    const { signal } = this.#end;
    const folder = await this.#catalog.folder(index);
    for (;;) {
      const change = await withCollection(folder, (collection) => collection.compact({ signal }));
      if (change === null || signal.aborted) {
        return;
      }
      await this.#catalog.follow(index);
      this.#log.info({ index, version: change.version }, "compacted");
    }
  }

  async #removeVersions(index: string): Promise<void> {
    const loaded = this.#catalog.list().filter((entry) => entry.index === index);
    const inUse = loaded.flatMap(({ versions }) => versions.map(({ label }) => label));
    const { result } = await this.#catalog.change(index, (folder) =>
      withCollection(folder, (collection) => collection.removeVersions({ keep: this.#keep, inUse })),
    );
    if (result.versions.length > 0) {
      this.#log.info({ index, versions: result.versions.length, bytes: result.bytes }, "old versions removed");
    }
  }
}
