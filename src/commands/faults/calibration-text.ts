/** What `hunt calibrate` prints: a table, and one sentence per kind of traffic. */
import type { CalibrationRow } from "../../calibration/calibrate.ts";
import {
  type Agreement,
  leastStalls,
  type RoundTrips,
  toleranceFactor,
} from "../../calibration/comparison.ts";
import { messageBytes, type Traffic, traffics } from "../../calibration/traffic.ts";
import { plainTable } from "../lists/plain-table.ts";

/** `differs` when any row does; `unclear` when one could not be told and none differs. */
export function conclusionOf(rows: readonly CalibrationRow[]): "agrees" | "differs" | "unclear" {
  const outcomes = rows.map(({ agreement }) => agreement.outcome);
  if (outcomes.includes("differs")) return "differs";
  return outcomes.every((outcome) => outcome === "agrees") ? "agrees" : "unclear";
}

export function calibrationText(rows: readonly CalibrationRow[]): string {
  const head = ["LOSS", "", "MESSAGES", "STALLS/1000", "P50 MS", "P90 MS", "P99 MS", "MAX MS", ""];
  const parts = traffics.map((traffic) => {
    const own = rows.filter((row) => row.traffic === traffic.name);
    const lines = own.flatMap((row) => [
      [`${row.lossPercent} %`, "without", ...cells(row.without), ""],
      ["", "real", ...cells(row.real), ""],
      ["", "modelled", ...cells(row.modelled), verdict(row.agreement)],
    ]);
    const title = `${traffic.name}: ${traffic.description}, ${messageBytes} bytes each`;
    return `${title}\n${plainTable(head, lines)}${sentence(traffic, own)}\n`;
  });
  const stalls = traffics.map(({ name, stallMs }) => `${stallMs} ms (${name})`).join(", ");
  return `${parts.join("\n")}
A stall is a round trip of ${stalls} or more; messages held up behind one are not counted again. Loss is each way.
To agree, both the rate of stalls (those without loss taken off) and the p99 must be within a factor of ${toleranceFactor}.

Next: hunt bench --fault 'degrade link:player->gateway with loss=3% at 20s for 15s'
`;
}

function cells(trips: RoundTrips): string[] {
  const { messages, stallsPer1000, p50Ms, p90Ms, p99Ms, maxMs } = trips;
  const times = [p50Ms, p90Ms, p99Ms, maxMs].map((ms) => ms.toFixed(ms < 10 ? 2 : 0));
  return [String(messages), stallsPer1000.toFixed(1), ...times];
}

function verdict({ outcome, stallsRatio, p99Ratio }: Agreement): string {
  if (outcome === "too-few") return `under ${leastStalls} stalls: can't be told`;
  if (outcome === "too-noisy") return "the machine's own stalls are too many: can't be told";
  return `${outcome}: stalls ${times(stallsRatio)}, p99 ${times(p99Ratio)} of the real`;
}

function times(ratio: number | null): string {
  return ratio === null ? "-" : `${ratio.toFixed(2)}x`;
}

function sentence(traffic: Traffic, rows: readonly CalibrationRow[]): string {
  const farthest = Math.max(
    ...rows.flatMap(({ agreement: { stallsRatio, p99Ratio } }) =>
      [stallsRatio, p99Ratio].map((each) => (each === null ? 1 : Math.max(each, 1 / each))),
    ),
  );
  const conclusion = conclusionOf(rows);
  if (conclusion === "agrees") {
    return `Modelled loss agrees with real loss within a factor of ${farthest.toFixed(2)} (${traffic.name}).`;
  }
  return conclusion === "differs"
    ? `Modelled loss differs from real loss by a factor of up to ${farthest.toFixed(2)} (${traffic.name}).`
    : `It can't be told whether modelled loss agrees with real loss (${traffic.name}): give it longer with --for, or a quieter machine.`;
}
