/**
 * What lies between the nodes: retransmits of all sockets, and of proxied links the delay that was achieved
 * and the chunks that modelled loss made late. Where there is little room the slowest links are shown.
 */
import type { PanelSource } from "../../metrics/panel.ts";
import { quantity } from "../charts/numbers.ts";
import { type Look, row } from "../frame/look.ts";
import { shortened } from "../frame/shortened.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { chartLines, type Panel } from "./panel.ts";

const numberWidth = 6;
const stallsWidth = 7;
/** Below that a chart takes more from the table than it gives. */
const chartHeightMin = 6;

const linksSources = {
  p50: { kind: "gauge", series: "link.*.delayP50Ms" },
  p99: { kind: "gauge", series: "link.*.delayP99Ms" },
  stalls: { kind: "growth", series: "link.*.stalls" },
  retransmits: { kind: "growth", series: "sockets.*.retransmits" },
} as const satisfies Readonly<Record<string, PanelSource>>;

export const linksPanel: Panel = {
  title: "links",
  isShown: (snapshot) =>
    snapshot.named(linksSources.stalls).length > 0 ||
    snapshot.named(linksSources.retransmits).length > 0,
  lines: (snapshot, context) => {
    const { look, width, height } = context;
    const links = slowestFirst(snapshot);
    const figures =
      links.length === 0
        ? socketLines(snapshot, look, width)
        : [socketsLine(snapshot, look, width), ...linkLines(snapshot, links, look, width)];
    const room = height - figures.length;
    if (links.length === 0 || room < chartHeightMin) return figures.slice(0, height);
    return [
      ...figures,
      row(look, width, [["delay p99 of the slowest link", "yellow"]]),
      ...chartLines(snapshot, context, {
        id: "links",
        height: room - 1,
        lines: [{ values: slowestLine(snapshot, links), colour: "yellow" }],
        axis: (value) => quantity(value, "ms"),
        logarithmic: true,
      }),
    ];
  },
};

function slowestFirst(snapshot: Snapshot): string[] {
  const delay = (link: string) => snapshot.value(linksSources.p99, link) ?? -1;
  return snapshot
    .named(linksSources.stalls)
    .toSorted((left, right) => delay(right) - delay(left) || left.localeCompare(right));
}

function slowestLine(snapshot: Snapshot, links: readonly string[]): (number | null)[] {
  const lines = links.map((link) => snapshot.line(linksSources.p99, link));
  return (lines[0] ?? []).map((_, second) => {
    const known = lines.flatMap((line) => line[second] ?? []);
    return known.length === 0 ? null : Math.max(...known);
  });
}

function linkLines(snapshot: Snapshot, links: readonly string[], look: Look, width: number) {
  const nameWidth = width - 2 * numberWidth - stallsWidth;
  const head = ["p50", "p99"].map((text) => text.padStart(numberWidth)).join("");
  return [
    row(look, width, [
      [`${"achieved delay, ms".padEnd(nameWidth)}${head}${"stalls".padStart(stallsWidth)}`, "dim"],
    ]),
    ...links.map((link) => {
      const delay = (source: PanelSource) =>
        quantity(snapshot.value(source, link), "ms").replace(/ms$/, "").padStart(numberWidth);
      const stalls = snapshot.value(linksSources.stalls, link);
      const name = link.length > nameWidth ? link.replace(/:[^:]*$/, "") : link;
      return row(look, width, [
        name.slice(0, nameWidth).padEnd(nameWidth),
        [delay(linksSources.p50), "green"],
        [delay(linksSources.p99), "yellow"],
        [quantity(stalls, "count").padStart(stallsWidth), stalls ? "red" : "dim"],
      ]);
    }),
  ];
}

/** In one line, those with any first named. */
function socketsLine(snapshot: Snapshot, look: Look, width: number): string {
  const each = snapshot.named(linksSources.retransmits).flatMap((sockets) => {
    const sent = snapshot.value(linksSources.retransmits, sockets);
    return sent === null || sent === 0 ? [] : [`${sockets} ${sent}`];
  });
  const all = snapshot.value(linksSources.retransmits);
  const sum = `retransmits ${quantity(all, "count")}`;
  const room = width - sum.length - 2;
  return row(look, width, [sum, [`  ${shortened(each.join(", "), room)}`, "yellow"]]);
}

function socketLines(snapshot: Snapshot, look: Look, width: number): string[] {
  return [
    row(look, width, [["sockets          retransmits", "dim"]]),
    ...snapshot.named(linksSources.retransmits).map((sockets) => {
      const sent = snapshot.value(linksSources.retransmits, sockets);
      return row(look, width, [
        sockets.padEnd(16),
        [quantity(sent, "count").padStart(12), sent ? "yellow" : "plain"],
      ]);
    }),
    row(look, width, [["links are direct: no delay to show (--links proxied)", "dim"]]),
  ];
}
