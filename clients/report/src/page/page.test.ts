import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readPage } from "../../testing/read-page.js";
import { html } from "./markup.js";
import { renderPage } from "./page.js";
import { savePage } from "./save-page.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

const page = (numbers: object) =>
  renderPage({
    title: "A <title>",
    subtitle: "a & b",
    figures: [],
    sections: [
      { id: "one", title: "One", lead: "first", body: html`<p>body</p>` },
      { id: "two", title: "Two", lead: "second", body: undefined },
    ],
    footer: "end",
    numbers,
  });

it("a page has its sections, a link to each, and its numbers", async () => {
  const path = join(folder, "page.html");
  await savePage(path, page({ value: 0.1 }));
  const read = readPage(path);
  expect(read.sections).toEqual(["one", "two"]);
  expect(read.contents).toEqual(["one", "two"]);
  expect(read.numbers).toEqual({ value: 0.1 });
  expect(read.text).toContain("<title>A &lt;title&gt;</title>");
  expect(read.text).toContain("default-src 'none'".replaceAll("'", "&#39;"));
  expect(read.reaches).toEqual([]);
  expect(readdirSync(folder)).toEqual(["page.html"]);
});

it("a text in the numbers cannot end the element around them", async () => {
  const path = join(folder, "text.html");
  await savePage(path, page({ token: "</script><script>alert(1)</script>" }));
  expect(readPage(path).numbers).toEqual({ token: "</script><script>alert(1)</script>" });
  expect(readPage(path).reaches).toEqual([]);
});

it("a page that cannot be written leaves nothing", async () => {
  const path = join(folder, "missing", "page.html");
  await expect(savePage(path, "")).rejects.toThrow("ENOENT");
});
