import type { TopLevelSpec } from "vega-lite";
import { html, Markup } from "./markup.js";
import { PLOT_CONFIG, PLOT_WIDTH } from "./plot-theme.js";

/** For a plot of the page's width, axes and labels included. */
const FULL_WIDTH = { width: PLOT_WIDTH, autosize: { type: "fit", contains: "padding" } } as const;

/**
 * Draws a plot as inline SVG, coloured by the page's style. A spec without a width gets the page's width.
 *
 * @param description what the plot shows, for readers who cannot see it
 */
export async function drawPlot(spec: TopLevelSpec, description: string, caption: string): Promise<Markup> {
  // These take half a second to load: only a page that is drawn pays for them.
  const [{ None, parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const size = "width" in spec || "facet" in spec ? {} : FULL_WIDTH;
  const full: TopLevelSpec = { ...size, ...spec, background: "transparent", config: PLOT_CONFIG };
  const view = new View(parse(compile(full).spec), { renderer: "none", logLevel: None });
  try {
    return figure(await view.toSVG(), description, caption);
  } finally {
    view.finalize();
  }
}

/** In HTML an SVG needs no namespace declarations. The page's style sets its width, so only the viewBox is kept. */
function figure(svg: string, description: string, caption: string): Markup {
  const inline = new Markup(svg.replace(/^<svg [^>]*?(viewBox="[^"]*")>/, "<svg $1>").replace(/^<svg /, ""));
  return html`<figure><svg role="img" aria-label="${description}" ${inline}
<figcaption>${caption}</figcaption></figure>`;
}
