/** Settings from one place, by path, and what to call that place in a message. */
export class Layer {
  readonly values = new Map<string, { readonly value: unknown; readonly source: string }>();

  set(path: string, value: unknown, source: string): void {
    this.values.set(path, { value, source });
  }

  /** Takes in a nested object, as of the configuration file. */
  setAll(object: Readonly<Record<string, unknown>>, source: string, prefix = ""): void {
    for (const [key, value] of Object.entries(object)) {
      const path = prefix + key;
      if (typeof value === "object" && value !== null && !Array.isArray(value)) {
        this.setAll(value as Record<string, unknown>, source, `${path}.`);
      } else {
        this.set(path, value, source);
      }
    }
  }
}

/** Layers on top of each other, the later over the earlier. */
export function mergeLayers(layers: readonly Layer[]): Layer {
  const merged = new Layer();
  for (const layer of layers) {
    for (const [path, { value, source }] of layer.values) {
      merged.set(path, value, source);
    }
  }
  return merged;
}

/** The layer as the nested object that the schema checks. */
export function toObject(layer: Layer): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [path, { value }] of layer.values) {
    const keys = path.split(".");
    let at = object;
    for (const key of keys.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[keys.at(-1) as string] = value;
  }
  return object;
}
