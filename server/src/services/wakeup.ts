/** Lets one waiter sleep until `notify`. The waiter then checks what has changed. */
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
