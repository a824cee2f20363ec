/** What pages of measurements are made of. */

export { dataTable } from "./data-table.js";
export { renderPage } from "./page.js";
export { drawPlot } from "./plot.js";
