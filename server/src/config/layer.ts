/** Settings from one place, by path, each with what to call the place in a message. */
export type Layer = readonly (readonly [path: string, given: { readonly value: unknown; readonly source: string }])[];

/** The settings in a nested object, as the configuration file has them. */
export function flatten(object: object, source: string, prefix = ""): Layer {
  return Object.entries(object).flatMap(([key, value]): Layer => {
    const path = prefix + key;
    const isNested = typeof value === "object" && value !== null && !Array.isArray(value);
    return isNested ? flatten(value, source, `${path}.`) : [[path, { value, source }]];
  });
}

/** The nested object that the schema checks. */
export function nest(layer: Layer): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [path, { value }] of layer) {
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
