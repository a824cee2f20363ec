import { timingSafeEqual } from "node:crypto";
import { MAX_TIMER_MS } from "../config/limits.js";
import type { AccessList, Entry, TokenEntry } from "./access-list.js";
import { hashToken } from "./new-token.js";
import type { Scope } from "./rules.js";

/** What a caller shows of itself. */
export interface Shown {
  /** The `authorization` header. */
  readonly authorization: string | undefined;
  /** The identities of its certificate, if an authority of the server signed it. */
  readonly identities: readonly string[];
}

/** A call that was let in: who it is from, and what makes it valid. */
export interface Grant {
  /** Name of the token or certificate. */
  readonly caller: string;
  readonly kind: "token" | "certificate";
  /** What the caller may do. */
  readonly scopes: ReadonlySet<Scope>;
  /** What identifies the entry in a later list: the token's hash, or the certificate's identity. */
  readonly key: Buffer | string;
}

/** Why a caller is not known; for the log and the metrics, never for the caller. */
export type Unknown = "no token" | "unknown token" | "expired token";

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** Decides who a caller is, by the list of the token file, which can be replaced at any time. */
export class Access {
  #list: AccessList;
  #timer: NodeJS.Timeout | undefined;
  readonly #onChange = new Set<() => void>();

  constructor(list: AccessList) {
    this.#list = list;
    this.#awaitExpiry();
  }

  /** Replaces the list. Calls of entries that are missing in the new one are to be ended by those who listen. */
  replace(list: AccessList): void {
    this.#list = list;
    this.#awaitExpiry();
    this.#changed();
  }

  /** Calls back when a grant may have become invalid: a new list, or a token that expired. */
  onChange(listener: () => void): void {
    this.#onChange.add(listener);
  }

  /**
   * Who a caller is. A token is considered alone if one is sent, whatever the certificate says, so that a token that was revoked does
   * not go unnoticed.
   */
  identify({ authorization, identities }: Shown): Grant | Unknown {
    if (authorization !== undefined) {
      const token = BEARER.exec(authorization)?.[1];
      return token === undefined ? "unknown token" : this.#byToken(hashToken(token));
    }
    for (const key of identities) {
      const entry = this.#list.certificates.get(key);
      if (entry !== undefined) {
        return grant("certificate", entry, key);
      }
    }
    return "no token";
  }

  /** Whether a call that was let in would be let in now. */
  stillAllows({ kind, key }: Grant, scope: Scope): boolean {
    const now = kind === "token" ? this.#byToken(key as Buffer) : this.#list.certificates.get(key as string);
    return typeof now === "object" && now.scopes.has(scope);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#onChange.clear();
  }

  #byToken(hash: Buffer): Grant | Unknown {
    let found: TokenEntry | undefined;
    // Compares with all, so that the time says nothing of where the entry is or how much of a hash is right.
    for (const entry of this.#list.tokens) {
      if (timingSafeEqual(entry.hash, hash)) {
        found = entry;
      }
    }
    if (found === undefined) {
      return "unknown token";
    }
    return found.expires <= Date.now() ? "expired token" : grant("token", found, hash);
  }

  /** Sets the timer for the next token that expires. */
  #awaitExpiry(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const next = Math.min(...this.#list.tokens.map(({ expires }) => expires).filter((expires) => expires > now));
    if (next === Number.POSITIVE_INFINITY) {
      return;
    }
    // A timer may fire a little early. A later time than a timer holds is approached in steps.
    this.#timer = setTimeout(
      () => {
        this.#awaitExpiry();
        this.#changed();
      },
      Math.min(next - now + 1, MAX_TIMER_MS),
    );
    this.#timer.unref();
  }

  #changed(): void {
    for (const listener of this.#onChange) {
      listener();
    }
  }
}

function grant(kind: Grant["kind"], { name, scopes }: Entry, key: Buffer | string): Grant {
  return { caller: name, kind, scopes, key };
}
