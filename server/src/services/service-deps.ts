import type { Admission } from "../admission/admission.js";
import type { Catalog } from "../catalog/catalog.js";
import type { Limits } from "../config/limits.js";
import type { Engine } from "../engine/engine.js";
import type { EngineIndex } from "../engine/query.js";
import type { Upkeep } from "./upkeep.js";

/** What the services work with; made once, when the server starts. */
export interface ServiceDeps {
  readonly catalog: Catalog<EngineIndex>;
  readonly engine: Engine;
  readonly admission: Admission;
  readonly limits: Limits;
  /** Looks after the files after changes of documents; undefined if nothing is compacted or removed unless a call asks for it. */
  readonly upkeep: Pick<Upkeep, "changed" | "exclusively"> | undefined;
}
