import type { Config } from "vega-lite";

/** The page's colours by what they are for; style.ts gives each a value for light and for dark. */
export const COLOR = {
  ink: "var(--ink)",
  muted: "var(--muted)",
  grid: "var(--grid)",
  accent: "var(--accent)",
  contrast: "var(--contrast)",
  micro: "var(--micro)",
  small: "var(--small)",
  active: "var(--active)",
} as const;

/** From weak to strong, for what has an order. */
export function ordered(count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => `var(--order-${count === 1 ? 6 : 1 + Math.round((5 * i) / (count - 1))})`,
  );
}

export const PLOT_WIDTH = 880;

export const PLOT_CONFIG: Config = {
  font: "inherit",
  aria: false,
  view: { stroke: "transparent" },
  axis: {
    labelColor: COLOR.muted,
    titleColor: COLOR.ink,
    labelFontSize: 12,
    titleFontSize: 13,
    titleFontWeight: 500,
    titlePadding: 10,
    labelPadding: 6,
    gridColor: COLOR.grid,
    domainColor: COLOR.grid,
    tickColor: COLOR.grid,
    ticks: false,
  },
  axisX: { labelFlush: false },
  legend: {
    labelColor: COLOR.ink,
    titleColor: COLOR.ink,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 500,
    symbolStrokeWidth: 2,
    symbolOpacity: 1,
    labelLimit: 240,
  },
  header: { labelColor: COLOR.ink, titleColor: COLOR.ink, labelFontSize: 13, labelFontWeight: 500 },
  tick: { opacity: 1 },
  text: { color: COLOR.muted, fontSize: 12 },
  rule: { color: COLOR.muted },
};
