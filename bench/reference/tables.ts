import { type Comparison, findBuild, nameVariant } from "./comparison.js";
import { gates, megabytes } from "./gates.js";
import { showPoint } from "./grid.js";
import { TIERS } from "./token-types.js";

/** A table of text: the terminal, the page and the README show the same. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function tables(comparison: Comparison): Table[] {
  return [
    gateTable(comparison),
    tacTable(comparison),
    buildTable(comparison),
    ...(["whole", "same"] as const).flatMap((group) => recallTable(comparison, group)),
    agreementTable(comparison),
    exactTable(comparison),
    timingTable(comparison),
    ...equalRecallTable(comparison),
  ];
}

function gateTable(comparison: Comparison): Table {
  const rows = gates(comparison).map(({ what, limit, figure, verdict }) => [what, limit, figure, verdict]);
  return { title: "What is asked", head: ["what", "limit", "measured", "verdict"], rows };
}

function tacTable({ tac: { ours, reference }, allocation, budget }: Comparison): Table {
  const errors = (["all", ...TIERS] as const).map((tier) => {
    const [a, b] = [ours.errors[tier], reference.errors[tier]];
    return [`mean squared error, ${tier}`, a.toFixed(5), b.toFixed(5), Number.isNaN(a) ? "" : (a / b).toFixed(4)];
  });
  const { types, differing, differingTies } = allocation;
  return {
    title: `Token-aware clustering, budget ${budget}`,
    head: ["", "ours", "reference", "ours / reference"],
    rows: [
      ["centroids", String(ours.centroids), String(reference.centroids), ""],
      ["types whose shares differ", `${differing} of ${types}`, "", `${differingTies} are ties`],
      ...errors,
      ["seconds", ours.seconds.toFixed(1), reference.seconds.toFixed(1), (ours.seconds / reference.seconds).toFixed(2)],
    ],
  };
}

function buildTable({ builds }: Comparison): Table {
  return {
    title: "Builds",
    head: ["clusters", "index", "size", "seconds", "peak anonymous memory", "reconstruction error"],
    rows: builds.map((build) => [
      build.group === "whole" ? "own" : "the reference's",
      nameVariant(build),
      megabytes(build.bytes),
      build.seconds.toFixed(1),
      megabytes(build.peakAnonymousBytes),
      build.reconstruction.toFixed(5),
    ]),
  };
}

function recallTable(comparison: Comparison, group: "whole" | "same"): Table[] {
  const ours = findBuild(comparison, group, "ours");
  const reference = findBuild(comparison, group, "reference");
  if (ours === undefined || reference === undefined) return [];
  const rows = comparison.grid.map((point, number) => {
    const [a, b] = [ours.recalls[number] as number, reference.recalls[number] as number];
    return [point.name, showPoint(point), a.toFixed(4), b.toFixed(4), (a - b).toFixed(4)];
  });
  return [
    {
      title: `recall@10 against exact MaxSim, ${group === "whole" ? "whole builds" : "the reference's clusters"}`,
      head: ["name", "k_centroids / k_docs / ef / alpha", "ours", "reference", "difference"],
      rows,
    },
  ];
}

function agreementTable({ builds }: Comparison): Table {
  return {
    title: "Agreement with the reference's index (seed 42), over the documents that both scored",
    head: [
      "clusters",
      "index",
      "score correlation",
      "lowest",
      "rank correlation",
      "documents a query",
      "mean difference",
    ],
    rows: builds
      .filter(({ side, pqSeed }) => side === "ours" || pqSeed !== 42)
      .map((build) => [
        build.group === "whole" ? "own" : "the reference's",
        nameVariant(build),
        build.agreement.score.toFixed(5),
        build.agreement.scoreLowest.toFixed(5),
        build.agreement.rank.toFixed(5),
        build.agreement.documents.toFixed(0),
        build.scoreDifference.toFixed(4),
      ]),
  };
}

function exactTable({ builds }: Comparison): Table {
  return {
    title: "Agreement with exact MaxSim, over its hundred best",
    head: ["clusters", "index", "score correlation", "lowest", "rank correlation", "mean difference"],
    rows: builds.map((build) => [
      build.group === "whole" ? "own" : "the reference's",
      nameVariant(build),
      build.exactAgreement.score.toFixed(5),
      build.exactAgreement.scoreLowest.toFixed(5),
      build.exactAgreement.rank.toFixed(5),
      build.exactDifference.toFixed(4),
    ]),
  };
}

function timingTable({ grid, timing }: Comparison): Table {
  return {
    title: `One query on one thread, milliseconds: median of ${timing.queries} queries, of ${timing.rounds} rounds by turns, whole builds`,
    head: ["name", "k_centroids / k_docs / ef / alpha", "ours", "reference", "ours / reference"],
    rows: grid.map((point, number) => [
      point.name,
      showPoint(point),
      ...[timing.ours, timing.reference, timing.ratio].map((figures) => (figures[number] as number).toFixed(3)),
    ]),
  };
}

/** For each point of the reference, the fastest of ours that finds as much. */
function equalRecallTable(comparison: Comparison): Table[] {
  const { grid, timing } = comparison;
  const ours = findBuild(comparison, "whole", "ours")?.recalls;
  const reference = findBuild(comparison, "whole", "reference")?.recalls;
  if (ours === undefined || reference === undefined) return [];
  const rows = grid.map((point, number) => {
    const [recall, taken] = [reference[number] as number, timing.reference[number] as number];
    const best = fastestReaching(recall, ours, timing.ours);
    const found =
      best === undefined
        ? ["none", "", "", ""]
        : [
            grid[best]?.name ?? "",
            (ours[best] as number).toFixed(4),
            (timing.ours[best] as number).toFixed(3),
            (taken / (timing.ours[best] as number)).toFixed(1),
          ];
    return [point.name, recall.toFixed(4), taken.toFixed(3), ...found];
  });
  const head = ["the reference at", "recall@10", "ms", "ours at", "recall@10", "ms", "times as fast"];
  return [
    { title: "At equal recall: the fastest of our points that finds at least as much, whole builds", head, rows },
  ];
}

/** Number of the fastest point whose recall is at least the given one. */
export function fastestReaching(
  recall: number,
  recalls: readonly number[],
  milliseconds: readonly number[],
): number | undefined {
  const reaching = recalls.flatMap((found, number) => (found >= recall ? [number] : []));
  return reaching.toSorted((a, b) => (milliseconds[a] as number) - (milliseconds[b] as number))[0];
}

/** A table in Markdown, its columns aligned for the terminal. */
export function showTable({ title, head, rows }: Table): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [title, "", line(head), rule, ...rows.map(line)].join("\n");
}
