/** The run as lines for a pipe, a log or a terminal that can't do more: one per event, one every 5 s. */

import { quantity } from "../charts/numbers.ts";
import { liveFindings } from "../model/live-findings.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { eventText } from "../model/timeline-text.ts";

const everyS = 5;

export class PlainLines {
  #seen = 0;
  #nextS = everyS;

  /** The lines that are new since the last call, whose snapshot was not later. */
  next(snapshot: Snapshot): string[] {
    const fresh = snapshot.events.slice(this.#seen);
    this.#seen = snapshot.events.length;
    const lines = fresh.map((event) => `t=${event.t.toFixed(1)}s ${eventText(event).text}`);
    if (snapshot.atS < this.#nextS) return lines;
    this.#nextS = snapshot.atS - (snapshot.atS % everyS) + everyS;
    return [...lines, status(snapshot)];
  }
}

function status(snapshot: Snapshot): string {
  const phase = snapshot.run.phases.find(
    ({ startS, endS }) => snapshot.atS >= startS && snapshot.atS < endS,
  );
  const actions = snapshot.wholeActions.map((action) => {
    const ok = snapshot
      .countLine(action, "ok")
      .slice(-4)
      .findLast((value) => value !== null);
    const series = `${action}.response`;
    const p99 = snapshot.value({ kind: "percentile", series, percentile: "p99" });
    const { fail, unknown, dropped } = snapshot.totals(action);
    const missed = `fail=${fail} unknown=${unknown} dropped=${dropped}`;
    return `${action} ${quantity(ok ?? null, "/s")} p99=${quantity(p99, "ms")} ${missed}`;
  });
  return `t=${snapshot.atS}s phase=${phase?.name ?? "-"} ${actions.join(" | ")}${checked(snapshot)}`;
}

/** A dash: it is not known, which is not 0. */
function checked(snapshot: Snapshot): string {
  const found = liveFindings(snapshot);
  return found === undefined ? "" : ` lost=${found.lost ?? "-"} twice=${found.twice ?? "-"}`;
}
