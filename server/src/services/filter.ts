import { ErrorCode, type FilterList, type Value, type Filter as WireFilter } from "@maxsimd/proto";
import type { Limits } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";

/** Limits that a filter is held to. */
type FilterLimits = Pick<Limits, "filterConditions" | "filterValues" | "filterDepth">;

const BOUNDS = ["gt", "gte", "lt", "lte"] as const;

/**
 * The text of a filter as the engine takes it, in JSON; undefined for all documents. Whether it fits an index is checked natively,
 * where the filter is evaluated.
 * Throws INVALID_FILTER with the path of a part that is not set, or LIMIT_EXCEEDED.
 */
export function filterText(filter: WireFilter | undefined, limits: FilterLimits): string | undefined {
  if (filter === undefined || isEmpty(filter)) {
    return undefined;
  }
  return new FilterWriter(limits).condition(filter, "filter", 1);
}

/** Without a condition, also without one that this server does not know: to ignore that would return documents it excludes. */
function isEmpty({ condition, $unknown = [] }: WireFilter): boolean {
  return condition.case === undefined && $unknown.length === 0;
}

class FilterWriter {
  readonly #limits: FilterLimits;
  #conditions = 0;
  #values = 0;

  constructor(limits: FilterLimits) {
    this.#limits = limits;
  }

  condition({ condition }: WireFilter, path: string, depth: number): string {
    this.#countCondition(depth);
    switch (condition.case) {
      case "allOf":
        return `{"allOf":${this.#list(condition.value, `${path}.all_of`, depth)}}`;
      case "anyOf":
        return `{"anyOf":${this.#list(condition.value, `${path}.any_of`, depth)}}`;
      case "noneOf":
        return `{"noneOf":${this.#list(condition.value, `${path}.none_of`, depth)}}`;
      case "equals": {
        const { field, value } = condition.value;
        const at = `${path}.equals`;
        return `{"equals":{"field":${name(field, at)},"value":${this.#value(value, `${at}.value`)}}}`;
      }
      case "oneOf": {
        const { field, values } = condition.value;
        const at = `${path}.one_of`;
        const texts = values.map((value, i) => this.#value(value, `${at}.values[${i}]`));
        return `{"oneOf":{"field":${name(field, at)},"values":[${texts.join(",")}]}}`;
      }
      case "range": {
        const at = `${path}.range`;
        const range = condition.value;
        const bounds = BOUNDS.filter((bound) => range[bound] !== undefined).map(
          (bound) => `,"${bound}":${this.#value(range[bound], `${at}.${bound}`)}`,
        );
        return `{"range":{"field":${name(range.field, at)}${bounds.join("")}}}`;
      }
      case "exists":
        return `{"exists":{"field":${name(condition.value.field, `${path}.exists`)}}}`;
      case "ids":
        this.#countValues(condition.value.ids.length);
        return `{"ids":${JSON.stringify(condition.value.ids)}}`;
      default:
        throw invalid(path, "a condition that this server knows", "no condition");
    }
  }

  #list({ filters }: FilterList, path: string, depth: number): string {
    return `[${filters.map((filter, i) => this.condition(filter, `${path}[${i}]`, depth + 1)).join(",")}]`;
  }

  #value(value: Value | undefined, path: string): string {
    this.#countValues(1);
    const { value: kind } = value ?? { value: { case: undefined } };
    switch (kind.case) {
      case "text":
        return JSON.stringify(kind.value);
      case "integer":
        return kind.value.toString();
      case "boolean":
        return String(kind.value);
      case "number":
        if (!Number.isFinite(kind.value)) {
          throw invalid(`${path}.number`, "a finite number", String(kind.value));
        }
        return numeral(kind.value);
      default:
        throw invalid(path, "text, an integer, a number or a boolean", "no value");
    }
  }

  #countCondition(depth: number): void {
    this.#conditions++;
    if (depth > this.#limits.filterDepth) {
      throw tooMany(`at most ${this.#limits.filterDepth} levels`, "more");
    }
    if (this.#conditions > this.#limits.filterConditions) {
      throw tooMany(`at most ${this.#limits.filterConditions} conditions`, "more");
    }
  }

  #countValues(count: number): void {
    this.#values += count;
    if (this.#values > this.#limits.filterValues) {
      throw tooMany(`at most ${this.#limits.filterValues} values and ids`, "more");
    }
  }
}

/** A number that stays one, with a fraction or an exponent: without them it would be an integer to the engine. */
function numeral(value: number): string {
  const digits = String(value);
  return /^-?\d+$/.test(digits) ? `${digits}.0` : digits;
}

function name(field: string, path: string): string {
  if (field === "") {
    throw invalid(`${path}.field`, "the name of an attribute", "nothing");
  }
  return JSON.stringify(field);
}

function invalid(field: string, expected: string, got: string): ServiceError {
  return new ServiceError(ErrorCode.INVALID_FILTER, "the filter has a part that is not set or not finite", {
    field,
    expected,
    got,
  });
}

function tooMany(expected: string, got: string): ServiceError {
  return new ServiceError(ErrorCode.LIMIT_EXCEEDED, "send a smaller filter", { field: "filter", expected, got });
}
