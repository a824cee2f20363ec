import { describe, expect, it } from "vitest";
import { html, Markup } from "./markup.js";

describe("html", () => {
  it("escapes text, so that a title or a token is shown and not run", () => {
    const title = `<script>alert("1")</script> & 'more'`;
    expect(html`<td>${title}</td>`.text).toBe(
      "<td>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;</td>",
    );
  });

  it("does not escape markup, joins lists, and leaves out undefined", () => {
    const cells = [html`<b>1</b>`, "<", undefined, [new Markup("<i>2</i>"), 3]];
    expect(html`<p>${cells}</p>`.text).toBe("<p><b>1</b>&lt;<i>2</i>3</p>");
  });
});
