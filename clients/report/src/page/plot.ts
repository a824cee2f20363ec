import type { TopLevelSpec } from "vega-lite";
import { html, Markup } from "./markup.js";
import { PLOT_CONFIG } from "./plot-theme.js";

/**
 * Draws a plot as SVG that stands in the page itself, and takes its colours from the page's style.
 *
 * @param description what it shows, for those who do not see it
 */
export async function drawPlot(spec: TopLevelSpec, description: string, caption: string): Promise<Markup> {
  // Half a second to load: only commands that draw pay for it.
  const [{ None, parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const full: TopLevelSpec = { ...spec, background: "transparent", config: PLOT_CONFIG };
  const view = new View(parse(compile(full).spec), { renderer: "none", logLevel: None });
  try {
    return figure(await view.toSVG(), description, caption);
  } finally {
    view.finalize();
  }
}

/** Inside HTML an SVG needs no names of its namespaces; the page's style, not its attributes, says how wide it is. */
function figure(svg: string, description: string, caption: string): Markup {
  const inline = new Markup(svg.replace(/^<svg [^>]*?(viewBox="[^"]*")>/, "<svg $1>").replace(/^<svg /, ""));
  return html`<figure><svg role="img" aria-label="${description}" ${inline}
<figcaption>${caption}</figcaption></figure>`;
}
