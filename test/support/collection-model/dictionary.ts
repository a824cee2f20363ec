import type { Change, NewDocument } from "./change.js";

/** What a change did: documents added, and documents deleted or replaced. */
export interface Counts {
  readonly added: number;
  readonly deleted: number;
}

/** What a collection should hold. */
export class Dictionary {
  readonly documents: Map<string, NewDocument>;

  constructor(documents: Iterable<readonly [string, NewDocument]> = []) {
    this.documents = new Map(documents);
  }

  /** A dictionary that equals this one, and then has a change more. */
  with(change: Change): Dictionary {
    const copy = new Dictionary(this.documents);
    copy.apply(change);
    return copy;
  }

  apply(change: Change): Counts {
    const before = this.documents.size;
    switch (change.kind) {
      case "upsert": {
        const added = change.documents.length;
        for (const document of change.documents) this.documents.set(document.id, document);
        return { added, deleted: before + added - this.documents.size };
      }
      case "delete":
        for (const id of change.ids) this.documents.delete(id);
        break;
      case "delete-range":
        for (const [id, { fields }] of this.documents) {
          if (fields.n >= change.from && fields.n < change.to) this.documents.delete(id);
        }
        break;
      default:
        // Neither compaction nor the removal of versions changes what the collection holds.
        break;
    }
    return { added: 0, deleted: before - this.documents.size };
  }

  /** Ids of the documents that a search can find. */
  withTokens(): Set<string> {
    return new Set([...this.documents.values()].filter(({ tokens }) => tokens > 0).map(({ id }) => id));
  }
}
