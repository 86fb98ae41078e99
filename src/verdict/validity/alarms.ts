/**
 * What engines said of themselves: an alarm explains why everything after it failed, so it is the first reason.
 * One that a fault was meant to raise belongs to that fault, and explains nothing else.
 */
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { Cause } from "../judge.ts";
import type { FaultResult } from "../summary-document.ts";

/** By fault kind: the alarm that it raises. */
const alarmOfFault: Readonly<Record<string, string>> = { "space-alarm": "NOSPACE" };
/** They say that what was read may not be what every member holds, so no guarantee is known to hold. */
const doubtful: ReadonlySet<string> = new Set(["CORRUPT"]);
/** A member may tell an alarm a reading after its fault was over. */
const afterFaultS = 2;
const shownSpans = 3;

interface Span {
  readonly node: string;
  readonly fromS: number;
  readonly detail: string;
  clearedAtS?: number;
}

/** One per kind of alarm. */
export function alarmCauses(reader: RecordingReader, faults: readonly FaultResult[]): Cause[] {
  const spans = spansOf(reader).filter(
    ({ alarm, span }) => !faults.some((fault) => belongsTo(fault, alarm, span)),
  );
  return [...Map.groupBy(spans, ({ alarm }) => alarm)].map(([alarm, found]) => ({
    sentence: sentenceOf(
      alarm,
      found.map(({ span }) => span),
    ),
    inconclusive: doubtful.has(alarm),
  }));
}

interface FoundSpan {
  readonly alarm: string;
  readonly span: Span;
}

function spansOf({ timeline }: RecordingReader): FoundSpan[] {
  const found: FoundSpan[] = [];
  for (const event of timeline.events) {
    if (event.kind !== "alarm") continue;
    const { t, node, alarm, detail } = event;
    if (event.state !== "cleared") {
      found.push({ alarm, span: { node, fromS: t, detail } });
      continue;
    }
    const open = found.findLast((each) => each.alarm === alarm && each.span.node === node);
    if (open !== undefined) open.span.clearedAtS ??= t;
  }
  return found;
}

function belongsTo(fault: FaultResult, alarm: string, { fromS }: Span): boolean {
  if (alarmOfFault[fault.kind] !== alarm || fault.injectedAtS === null) return false;
  const endS = fault.restoredAtS ?? fault.healedAtS ?? Number.POSITIVE_INFINITY;
  // A store is filled up before the fault counts as injected.
  return fromS >= Math.min(fault.dueAtS, fault.injectedAtS) && fromS <= endS + afterFaultS;
}

function sentenceOf(alarm: string, spans: readonly Span[]): string {
  const shown = spans.slice(0, shownSpans).map(({ node, fromS, clearedAtS }) => {
    const cleared = clearedAtS === undefined ? "not cleared" : `cleared by ${seconds(clearedAtS)}`;
    return `on ${node} by ${seconds(fromS)} (${cleared})`;
  });
  const more = spans.length > shownSpans ? ` and ${spans.length - shownSpans} more times` : "";
  const detail = spans[0]?.detail ?? "";
  return `The alarm ${alarm} was raised ${shown.join(", ")}${more}: ${detail}${detail.endsWith(".") ? "" : "."}`;
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
