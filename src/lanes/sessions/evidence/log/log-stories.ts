/** Violations in the log told so that somebody can look them up: operation, place, revision, times, faults. */

import {
  during,
  type FaultWindow,
  overlapping,
  soonAfter,
} from "../../../../checkers/fault-windows.ts";
import { type AuditedOperation, foreignPlayer } from "../../files/audit-file.ts";
import { ledgerOutcomes } from "../../files/ledger-file.ts";
import type { OperationName, OperationTable } from "../ledger/operation-table.ts";
import { who } from "../ledger/stories.ts";

/** Where in the log an operation stands. */
export interface LoggedAt {
  readonly partition: number;
  readonly index: number;
  readonly revision: number;
}

type Faults = readonly FaultWindow[];

export function notInLogStory(table: OperationTable, at: number, faults: Faults): string {
  return `${named(table.name(at))} was acknowledged, but the log never held it. ${lostTimes(table, at, faults)}`;
}

/** While the run goes on; it may still come, which is against real time then. */
export function notYetInLogStory(
  table: OperationTable,
  at: number,
  graceS: number,
  faults: Faults,
): string {
  return `${named(table.name(at))} was acknowledged, but is not in the log, which holds operations that were sent ${graceS} s after that. ${lostTimes(table, at, faults)}`;
}

export function twiceInLogStory(
  table: OperationTable,
  at: number,
  place: LoggedAt,
  faults: Faults,
): string {
  return `${named(table.name(at))} stands in the log once more, in ${where(place)}. ${times(table, at, faults)}`;
}

export function refusedInLogStory(
  table: OperationTable,
  at: number,
  place: LoggedAt | undefined,
  faults: Faults,
): string {
  return `${named(table.name(at))} was refused, but stands in ${where(place)}. ${times(table, at, faults)}`;
}

export function unsentInLogStory(
  operation: Readonly<AuditedOperation>,
  place: LoggedAt,
  isOtherContent: boolean,
): string {
  const what = isOtherContent ? "with another content than its player sent" : "but nobody sent it";
  return `${named(operation)} stands in ${where(place)}, ${what}.`;
}

export function afterClosingStory(operation: Readonly<AuditedOperation>, place: LoggedAt): string {
  return `${named(operation)} stands in ${where(place)}, after the session's closing.`;
}

export function overtakenStory(
  table: OperationTable,
  { found, later }: { readonly found: number; readonly later: number },
  place: LoggedAt | undefined,
  faults: Faults,
): string {
  const sent = seconds(table.sentUs(later));
  return `${named(table.name(found))} stands in ${where(place)}, behind ${lower(named(table.name(later)))}, which was sent at ${sent} only, after the first one was acknowledged. ${times(table, found, faults)}`;
}

/** Of an acknowledged one. */
function lostTimes(table: OperationTable, at: number, faults: Faults): string {
  const endS = table.answeredUs(at) / 1e6;
  const overlapped = overlapping(faults, table.sentUs(at) / 1e6, endS);
  return times(table, at, faults, overlapped.length > 0 ? "" : soonAfter(faults, endS));
}

function times(table: OperationTable, at: number, faults: Faults, next = ""): string {
  const sentUs = table.sentUs(at);
  const outcome = table.outcome(at);
  if (outcome === 0) return `It was sent at ${seconds(sentUs)}; no answer is recorded.`;
  const endUs = table.answeredUs(at);
  const overlapped = next || during(overlapping(faults, sentUs / 1e6, endUs / 1e6));
  return `It was sent at ${seconds(sentUs)} and ${words[outcome] ?? "answered"} at ${seconds(endUs)}${overlapped}.`;
}

const words: Readonly<Record<number, string>> = {
  [ledgerOutcomes.ok]: "acknowledged",
  [ledgerOutcomes.fail]: "refused",
  [ledgerOutcomes.unknown]: "given up",
};

function named({ player, device, sequence }: OperationName): string {
  const of = player === foreignPlayer ? "A session that no player has" : who({ player, device });
  return `${of}: operation ${sequence}`;
}

function lower(sentence: string): string {
  return sentence.slice(0, 1).toLowerCase() + sentence.slice(1);
}

/** Undefined: the answer came after the record was seen, and nobody kept where that stood. */
function where(place: LoggedAt | undefined): string {
  if (place === undefined) return "the log";
  const { partition, index, revision } = place;
  return `record ${index} of partition ${partition} (revision ${revision})`;
}

function seconds(us: number): string {
  return `${(us / 1e6).toFixed(3)} s`;
}
