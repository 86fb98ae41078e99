/** After the drain: reads every session of the ledger through the read path, and records what it held. */
import { writeFile } from "node:fs/promises";
import { type FinalRead, finalReads } from "../lanes/sessions/final-reads.ts";
import { ledgerOutcomes, ledgerTypes, readLedger } from "../recording/ledger-file.ts";
import { encodeObserved, type ObservedRecord, observedStates } from "../recording/observed-file.ts";
import { type RunFolder, runFile } from "../recording/run-folder.ts";

export interface FinalStateOptions {
  readonly folder: RunFolder;
  /** `host:port` of a snapshot proxy. */
  readonly readAddress: string;
  readonly signal: AbortSignal;
}

/** @returns how many sessions were read. */
export async function observeFinalState(options: FinalStateOptions): Promise<number> {
  const acknowledged = await acknowledgedByPlayer(options.folder);
  const records: ObservedRecord[] = [];
  const count = await finalReads({
    address: options.readAddress,
    requests: [...acknowledged].map(([player, minRevision]) => ({ player, minRevision })),
    onRead: (read) => records.push(toRecord(read)),
    signal: options.signal,
  });
  records.sort((left, right) => left.player - right.player);
  await writeFile(runFile(options.folder, "observed"), encodeObserved(records));
  return count;
}

/** Every player with an attempt, and how many of its operations were acknowledged. */
async function acknowledgedByPlayer(folder: RunFolder): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  await readLedger(runFile(folder, "ledger"), (record) => {
    const known = counts.get(record.player) ?? 0;
    const ok = record.type === ledgerTypes.outcome && record.outcome === ledgerOutcomes.ok;
    if (record.type === ledgerTypes.attempt || ok) counts.set(record.player, known + (ok ? 1 : 0));
  });
  return counts;
}

function toRecord(read: FinalRead): ObservedRecord {
  const { found, ...rest } = read;
  return { ...rest, found: observedStates[found] };
}
