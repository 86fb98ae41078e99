/**
 * What the ledger tells of one operation, so that somebody can look it up in logs and on the timeline: when
 * it was sent and answered, what its player did just before and after, and which faults it overlapped.
 */

import { during, type FaultWindow, overlapping } from "../../../../checkers/fault-windows.ts";
import type { LedgerOperation, SessionOperations } from "./explain-state.ts";

/** As docs/session-log-format.md numbers them. */
const kinds = ["", "session_opened", "dig_started", "tiles_revealed", "loot_claimed"];

/** Sentences, beginning with a space. */
export function operationStory(
  operation: LedgerOperation,
  session: SessionOperations,
  windows: readonly FaultWindow[],
): string {
  const { sequence, sentUs, atUs, kind, sends } = operation;
  const all = [...session.acknowledged, ...session.unknown, ...session.refused].sort(
    (left, right) => left.sequence - right.sequence,
  );
  const at = all.findIndex((each) => each.sequence === sequence);
  const before = all[at - 1];
  const after = all[at + 1];
  const often = sends > 1 ? ` (${sends} times)` : "";
  const name = kinds[kind] ?? "";
  return [
    ` Operation ${sequence}${name === "" ? "" : `, ${name},`} was sent at ${seconds(sentUs)}${often}; answer ${answer(operation, session)}`,
    during(overlapping(windows, sentUs / 1e6, atUs / 1e6)),
    ".",
    before === undefined
      ? ""
      : ` Before it: operation ${before.sequence}, ${answer(before, session)}.`,
    after === undefined ? "" : ` After it: operation ${after.sequence}, ${answer(after, session)}.`,
  ].join("");
}

function answer(operation: LedgerOperation, session: SessionOperations): string {
  const at = `at ${seconds(operation.atUs)}`;
  if (session.acknowledged.includes(operation)) {
    return `acknowledged ${at} with revision ${operation.revision}`;
  }
  return session.refused.includes(operation) ? `refused ${at}` : `unknown ${at}`;
}

function seconds(us: number): string {
  return `${(us / 1e6).toFixed(3)} s`;
}
