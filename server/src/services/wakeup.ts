/** Lets one waiter sleep until something has changed; it then looks for itself what. */
export class Wakeup {
  #wake: (() => void) | undefined;

  /** Resolves at the next notify. At most one waits at a time. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
