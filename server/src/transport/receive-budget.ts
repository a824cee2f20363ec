/** A part of the memory for request messages: that of one connection, of one peer, or of the whole server. */
export class Share {
  /** Bytes reserved in it. */
  used = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether so many bytes more fit. The only message fits whatever its size, or it would wait forever. */
  fits(bytes: number): boolean {
    return this.used === 0 || this.used + bytes <= this.#most;
  }
}

/** Memory that one message was promised, or waits for. */
export interface Reservation {
  readonly granted: boolean;
  /** Gives back all but so many bytes. Only once granted. */
  shrink(bytes: number): void;
  /** Gives the memory back, or stops waiting for it. Does nothing the second time. */
  release(): void;
}

class Claim implements Reservation {
  readonly shares: readonly Share[];
  bytes: number;
  granted = false;
  readonly #onGranted: () => void;
  readonly #onFreed: (claim: Claim) => void;
  #released = false;

  constructor(shares: readonly Share[], bytes: number, onGranted: () => void, onFreed: (claim: Claim) => void) {
    this.shares = shares;
    this.bytes = bytes;
    this.#onGranted = onGranted;
    this.#onFreed = onFreed;
  }

  fits(): boolean {
    return this.shares.every((share) => share.fits(this.bytes));
  }

  take(): void {
    this.granted = true;
    for (const share of this.shares) share.used += this.bytes;
  }

  /** Says that the memory was taken, unless it has been given back since. */
  notify(): void {
    if (!this.#released) {
      this.#onGranted();
    }
  }

  shrink(bytes: number): void {
    const freed = this.bytes - bytes;
    if (this.#released || freed <= 0) {
      return;
    }
    this.bytes = bytes;
    for (const share of this.shares) share.used -= freed;
    this.#onFreed(this);
  }

  release(): void {
    if (this.#released) {
      return;
    }
    this.#released = true;
    if (this.granted) {
      for (const share of this.shares) share.used -= this.bytes;
    }
    this.#onFreed(this);
  }
}

/**
 * Bounds the memory that request messages take, from when their length is known until they are not needed any more. A message that does not
 * fit waits, and flow control keeps the rest of it at its sender. A message whose memory was reserved can always be received to its end, so
 * messages never wait for each other in a circle.
 *
 * Messages wait in the order in which they came, in each share: a large one is not overtaken by small ones of the same connection or peer. Those
 * of other connections and peers go past it unless the whole server has no room.
 */
export class ReceiveBudget {
  readonly #waiting = new Set<Claim>();

  /** Messages that wait for memory. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Reserves memory in each of the shares, the last of which is the whole server's.
   * @param onGranted is called when there is room, unless there is at once: see `granted` of the result.
   */
  reserve(shares: readonly Share[], bytes: number, onGranted: () => void): Reservation {
    const claim = new Claim(shares, bytes, onGranted, (freed) => {
      this.#waiting.delete(freed);
      this.#grantWaiting();
    });
    if (claim.fits() && !this.#isWaitingFor(shares)) {
      claim.take();
    } else {
      this.#waiting.add(claim);
    }
    return claim;
  }

  #isWaitingFor(shares: readonly Share[]): boolean {
    const [own] = shares;
    for (const claim of this.#waiting) {
      if (claim.shares[0] === own) {
        return true;
      }
    }
    return false;
  }

  #grantWaiting(): void {
    const full = new Set<Share>();
    const granted: Claim[] = [];
    for (const claim of this.#waiting) {
      const { shares, bytes } = claim;
      const lacking = shares.find((share) => full.has(share) || !share.fits(bytes));
      if (lacking === undefined) {
        this.#waiting.delete(claim);
        granted.push(claim);
        claim.take();
      } else {
        full.add(lacking);
        if (lacking === shares.at(-1)) {
          break;
        }
      }
    }
    for (const claim of granted) {
      claim.notify();
    }
  }
}
