/** A table of text. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** In Markdown. `aligned` pads the columns, for a terminal. */
export function markdown({ head, rows }: Table, aligned = false): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const pad = (text: string, column: number) => (aligned ? text.padEnd(widths[column] ?? 0) : text);
  const line = (cells: readonly string[]) => `| ${cells.map(pad).join(" | ")} |`.replaceAll("|  |", "| |");
  const rule = `|${head.map((_, column) => "-".repeat(aligned ? (widths[column] ?? 0) + 2 : 3)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}
