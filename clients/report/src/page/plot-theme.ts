import type { Config } from "vega-lite";

/** The page's colours by their role. style.css defines each for light and for dark. */
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

/** `count` colours from weak to strong, for ordered categories. */
export function ordered(count: number): string[] {
  const step = (i: number) => (count === 1 ? 6 : 1 + Math.round((5 * i) / (count - 1)));
  return Array.from({ length: count }, (_, i) => `var(--order-${step(i)})`);
}

export const PLOT_WIDTH = 880;

const LABELS = { labelColor: COLOR.muted, labelFontSize: 12, labelPadding: 6 };
const TITLES = { titleColor: COLOR.ink, titleFontSize: 13, titleFontWeight: 500 } as const;
const LINES = { gridColor: COLOR.grid, domainColor: COLOR.grid, tickColor: COLOR.grid, ticks: false };

export const PLOT_CONFIG: Config = {
  font: "inherit",
  aria: false,
  view: { stroke: "transparent" },
  axis: { ...LABELS, ...TITLES, ...LINES, titlePadding: 10 },
  axisX: { labelFlush: false },
  legend: {
    ...{ labelColor: COLOR.ink, labelFontSize: 12, labelLimit: 240 },
    ...{ ...TITLES, titleFontSize: 12, symbolStrokeWidth: 2, symbolOpacity: 1 },
  },
  header: { labelColor: COLOR.ink, titleColor: COLOR.ink, labelFontSize: 13, labelFontWeight: 500 },
  tick: { opacity: 1 },
  text: { color: COLOR.muted, fontSize: 12 },
  rule: { color: COLOR.muted },
};
