// The README of a package, from that of its workspace.

/** Turns links and pictures that lead out of the workspace into plain text: in the package they would lead nowhere. */
export function renderReadme(text) {
  return text
    .split(/(^```[\s\S]*?^```)/m)
    .map((part) => (part.startsWith("```") ? part : withoutLinks(part)))
    .join("");
}

function withoutLinks(text) {
  return text
    .replace(/^!\[[^\]]*\]\((?!https?:)[^)]*\)\n*/gm, "")
    .replace(/\[((?:`[^`]*`|[^\]])*)\]\((?!https?:|#)[^)\s]*\)/g, "$1");
}
