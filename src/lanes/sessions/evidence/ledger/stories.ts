/** Violations told so that somebody can look them up: player, session, operation, times. */

import { during, type FaultWindow } from "../../../../checkers/fault-windows.ts";
import type { LedgerOperation, StateSum } from "./explain-state.ts";
import type { SlotName } from "./session-slots.ts";

export function lostStory(
  name: SlotName,
  lost: readonly LedgerOperation[],
  state: StateSum,
  acknowledged: number,
): string {
  return `${who(name)} was told that ${which(lost)} had been done (${when(lost)}), but the state does not hold it: ${state.count} operations, where ${acknowledged} were acknowledged.`;
}

export function twiceStory(name: SlotName, twice: readonly LedgerOperation[]): string {
  return `${who(name)}: ${which(twice)} (${when(twice)}) is in the state twice.`;
}

export function unaskedStory(name: SlotName, refused: readonly LedgerOperation[]): string {
  return `${who(name)}: ${which(refused)} was refused (${when(refused)}), but the state holds it.`;
}

export function missingStory(name: SlotName, acknowledged: number): string {
  return `${who(name)}: ${acknowledged} operations were acknowledged, but there is no such session.`;
}

export function unexplainedStory(
  name: SlotName,
  state: StateSum,
  acknowledged: number,
  unknown: number,
): string {
  return `${who(name)}: the state holds ${state.count} operations with checksum ${state.checksum}; ${acknowledged} acknowledged and ${unknown} unknown ones do not make that up, nor do one or two faults.`;
}

export function who({ player, device }: SlotName): string {
  const session = `s-${String(player).padStart(9, "0")}`;
  return `Player ${player} (session ${session}, device ${device})`;
}

function which(operations: readonly LedgerOperation[]): string {
  const shown = operations.slice(0, 3).map((operation) => operation.sequence);
  const more = operations.length - shown.length;
  const noun = operations.length === 1 ? "operation" : "operations";
  return `${noun} ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function when(operations: readonly LedgerOperation[]): string {
  const first = operations[0]?.atUs ?? 0;
  return `at ${(first / 1_000_000).toFixed(3)} s`;
}

export function replayStory(name: SlotName, state: StateSum, logged: StateSum): string {
  return `${who(name)}: the state holds ${state.count} operations with checksum ${state.checksum}; the log holds ${logged.count} with checksum ${logged.checksum}.`;
}

const readRules = {
  back: "an earlier read of the player had returned",
  stale: "the read asked for at least",
  late: "the player was acknowledged",
  ahead: "what its player had sent by then makes at most",
} as const;

export function readStory(
  read: {
    readonly rule: keyof typeof readRules;
    readonly t: number;
    readonly player: number;
    readonly device?: number | undefined;
    readonly wanted: number;
    readonly got: number;
    readonly acknowledgedAtS?: number | undefined;
  },
  faults: readonly FaultWindow[],
): string {
  const { rule, t, player, device = 1, wanted, got, acknowledgedAtS } = read;
  const since = acknowledgedAtS === undefined ? "" : ` at ${acknowledgedAtS.toFixed(3)} s`;
  return `${who({ player, device })} read at ${t.toFixed(3)} s and got revision ${got}; ${readRules[rule]} revision ${wanted}${since}${during(faults)}.`;
}
