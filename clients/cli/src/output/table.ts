/** A column of a table: its heading, the cell of a row, and whether its cells are numbers, which are aligned to the right. */
export type Column<Row> = readonly [title: string, cell: (row: Row) => string, kind?: "number" | undefined];

/** Lays rows out in columns, for a terminal. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<NoInfer<Row>>[]): string {
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => (cells[i] as string).length)));
  const pad = (cell: string, i: number) =>
    columns[i]?.[2] === "number" ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number);
  return lines.map((cells) => cells.map(pad).join("  ").trimEnd()).join("\n");
}

/** Lays names and values out in two columns. */
export function properties(entries: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join("\n");
}

/** Cuts a text to `width` characters, with an ellipsis if something is left out. Line breaks become spaces. */
export function cut(text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}
