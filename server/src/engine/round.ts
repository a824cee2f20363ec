import type { Flow } from "./task.js";

/** A queue whose first goes to the end when it has had its turn. Adding, removing and turning take constant time. */
class Ring<T> {
  readonly #items = new Set<T>();

  get size(): number {
    return this.#items.size;
  }

  add(item: T): void {
    this.#items.add(item);
  }

  delete(item: T): void {
    this.#items.delete(item);
  }

  /** The first, which goes to the end. */
  turn(): T | undefined {
    for (const first of this.#items) {
      this.#items.delete(first);
      this.#items.add(first);
      return first;
    }
    return undefined;
  }
}

/** Flows that take turns: their callers first, then the flows of a caller. */
class Lane {
  readonly #callers = new Ring<Ring<Flow>>();
  readonly #flowsOf = new Map<unknown, Ring<Flow>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(flow: Flow): void {
    let flows = this.#flowsOf.get(flow.caller);
    if (flows === undefined) {
      flows = new Ring();
      this.#flowsOf.set(flow.caller, flows);
      this.#callers.add(flows);
    }
    flows.add(flow);
    this.#size++;
  }

  delete(flow: Flow): void {
    const flows = this.#flowsOf.get(flow.caller) as Ring<Flow>;
    flows.delete(flow);
    this.#size--;
    if (flows.size === 0) {
      this.#flowsOf.delete(flow.caller);
      this.#callers.delete(flows);
    }
  }

  turn(): Flow | undefined {
    return this.#callers.turn()?.turn();
  }
}

/**
 * The flows with waiting queries, in the order of their turns. Every other turn is a single call's, if one waits: half of the workers' time is
 * reserved for them, and what they do not use is the batches' and streams'. In both halves callers take turns, and then the calls of a caller, so
 * that it gains nothing by opening more of them.
 */
export class Round {
  readonly #singles = new Lane();
  readonly #bulk = new Lane();
  #singleIsNext = true;

  get size(): number {
    return this.#singles.size + this.#bulk.size;
  }

  /** Turns before a single call that comes now, at most. */
  get turnsBeforeSingle(): number {
    const singles = this.#singles.size;
    return singles + Math.min(singles + 1, this.#bulk.size);
  }

  add(flow: Flow): void {
    flow.inRound = true;
    this.#laneOf(flow).add(flow);
  }

  delete(flow: Flow): void {
    flow.inRound = false;
    this.#laneOf(flow).delete(flow);
  }

  /** The flow whose turn it is, which stays in the round; undefined if there is no flow. */
  turn(): Flow | undefined {
    const [first, second] = this.#singleIsNext ? [this.#singles, this.#bulk] : [this.#bulk, this.#singles];
    this.#singleIsNext = !this.#singleIsNext;
    return first.turn() ?? second.turn();
  }

  /** Removes all flows and returns them. */
  clear(): Flow[] {
    const flows: Flow[] = [];
    for (let flow = this.turn(); flow !== undefined; flow = this.turn()) {
      this.delete(flow);
      flows.push(flow);
    }
    return flows;
  }

  #laneOf({ single }: Flow): Lane {
    return single ? this.#singles : this.#bulk;
  }
}
