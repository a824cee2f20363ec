// Links between documents lead to a file of the tree, and to a heading of it where they name one.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { readFiles, root } from "../tree.mjs";

export const what = "relative links in documents resolve";
export const fix = "correct the link, or add what it names";

export async function find() {
  const documents = await readFiles(/\.md$/);
  return documents.flatMap(({ path, text }) => {
    const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)|(?:src|href)="([^"]+)"/g)];
    return targets
      .map((match) => match[1] ?? match[2])
      .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target))
      .flatMap((target) => explain(path, target));
  });
}

function explain(path, target) {
  const [file, anchor] = target.split("#");
  const there = file === "" ? path : normalize(join(dirname(path), decodeURI(file)));
  if (there.startsWith("..") || !existsSync(join(root, there))) return [`${path}: ${target} leads nowhere`];
  if (anchor === undefined || !there.endsWith(".md")) return [];
  const headings = withoutCode(readFileSync(join(root, there), "utf8")).matchAll(/^#+\s+(.*)$/gm);
  const anchors = [...headings].map(([, heading]) => slug(heading));
  return anchors.includes(anchor) ? [] : [`${path}: ${target}: ${there} has no such heading`];
}

/** The anchor that code hosts give a heading. */
function slug(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}

function withoutCode(text) {
  return text.replace(/^(```|~~~).*?^\1/gms, "").replace(/`[^`\n]*`/g, (code) => "x".repeat(code.length));
}
