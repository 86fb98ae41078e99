/**
 * What the players found out about their own reads while they played: the swarm compares each read with
 * what its player has seen and was acknowledged, and counts by the second in which the read was sent
 * (docs/guarantees.md). So the rules that hold only outside of faults can leave their seconds out.
 */

import type { CheckContext, Checker } from "../../../../checkers/checker.ts";
import { type FaultWindow, overlapping } from "../../../../checkers/fault-windows.ts";
import type { Finding } from "../../../../checkers/finding.ts";
import type { Guarantee } from "../../../../checkers/guarantee.ts";
import type { RecordingReader } from "../../../../recording/recording-reader.ts";
import type { TimelineEvent } from "../../../../recording/timeline/events.ts";
import { guarantees } from "../guarantees.ts";
import { readStory } from "../ledger/stories.ts";

type Compared = Extract<TimelineEvent, { kind: "reads" }>;
type Violation = Extract<TimelineEvent, { kind: "read-violation" }>;

interface Rule {
  readonly guarantee: Guarantee;
  readonly rule: Violation["rule"];
  readonly checked: number;
  readonly violations: number;
  readonly told: readonly Violation[];
  readonly doubts: readonly string[];
}

export const comparedReads: Checker = {
  source: "reads.ts",
  guarantees: [guarantees.readsBack, guarantees.readsStale, guarantees.readsLate],
  begin: (context) => ({ findings: () => checkReads(context) }),
};

/** Nothing for a recording without compared reads: of a run without any, or of an older hunt. */
function checkReads({ reader, faults: windows }: CheckContext): Finding[] {
  const { events } = reader.timeline;
  const compared = events.filter((event) => event.kind === "reads");
  if (compared.length === 0) return [];
  const told = events.filter((event) => event.kind === "read-violation");
  const calm = ({ t }: Compared) => overlapping(windows, t, t + 1).length === 0;
  const outside = compared.filter(calm);
  const doubts = uncompared(reader, sum(compared, "checked"));
  const rule = (each: Omit<Rule, "told" | "doubts">, more: readonly string[] = []): Finding =>
    finding(
      {
        ...each,
        told: told.filter((event) => event.rule === each.rule),
        doubts: [...doubts, ...more],
      },
      windows,
    );
  const asked = sum(compared, "asked");
  const settled = sum(outside, "settled");
  const none =
    settled === 0
      ? ["no read was sent a second after an acknowledgement and outside of faults"]
      : [];
  return [
    rule({
      guarantee: guarantees.readsBack,
      rule: "back",
      checked: sum(compared, "checked"),
      violations: sum(compared, "back"),
    }),
    ...(asked === 0
      ? []
      : [
          rule({
            guarantee: guarantees.readsStale,
            rule: "stale",
            checked: asked,
            violations: sum(compared, "stale"),
          }),
        ]),
    rule(
      {
        guarantee: guarantees.readsLate,
        rule: "late",
        checked: settled,
        violations: sum(outside, "late"),
      },
      none,
    ),
  ];
}

function sum(
  compared: readonly Compared[],
  field: Exclude<keyof Compared, "t" | "kind" | "lane">,
): number {
  return compared.reduce((total, event) => total + event[field], 0);
}

/** Reads that were answered but of which no comparison is recorded. */
function uncompared({ timeline, live }: RecordingReader, checked: number): string[] {
  const { ok } = timeline.counts("sessions.read", [{ startS: 0, endS: Number.POSITIVE_INFINITY }]);
  if (live || ok <= checked) return [];
  return [`of ${ok} answered reads ${ok - checked} were not compared`];
}

function finding(
  { guarantee, rule, checked, violations, told, doubts }: Rule,
  windows: readonly FaultWindow[],
): Finding {
  const outside =
    rule !== "late"
      ? told
      : told.filter(({ t }) => overlapping(windows, Math.floor(t), Math.floor(t) + 1).length === 0);
  const [first] = outside;
  const isTold = first !== undefined && violations > 0;
  const example = isTold ? readStory(first, overlapping(windows, first.t, first.t)) : undefined;
  return { guarantee, violations: { count: violations, example }, checked, of: "reads", doubts };
}
