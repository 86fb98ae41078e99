/** After the drain: reads every session of the ledger through the read path, and records what it held. */
import { writeFile } from "node:fs/promises";
import { type FinalRead, finalReads } from "../lanes/sessions/final-reads.ts";
import { ledgerOutcomes, ledgerTypes, readLedger } from "../recording/files/ledger-file.ts";
import {
  encodeObserved,
  type ObservedRecord,
  observedStates,
} from "../recording/files/observed-file.ts";
import { laneFile, type RunFolder } from "../recording/run-folder.ts";

export interface FinalStateOptions {
  readonly folder: RunFolder;
  /** `host:port` of a snapshot proxy. */
  readonly readAddress: string;
  readonly signal: AbortSignal;
}

export interface FinalState {
  /** That were read. */
  readonly sessions: number;
  /** Of them: that were written to from two devices or more. */
  readonly ofTwoDevices: number;
}

export async function observeFinalState(options: FinalStateOptions): Promise<FinalState> {
  const requests = await sessionsOf(options.folder);
  const records: ObservedRecord[] = [];
  const sessions = await finalReads({
    address: options.readAddress,
    requests,
    onRead: (read) => records.push(toRecord(read)),
    signal: options.signal,
  });
  records.sort((left, right) => left.player - right.player || left.device - right.device);
  await writeFile(laneFile(options.folder, "sessions", "observed"), encodeObserved(records));
  return { sessions, ofTwoDevices: requests.filter(({ devices }) => devices.size > 1).length };
}

type Session = { player: number; minRevision: number; devices: Set<number> };

/** Of every player with an attempt: its devices, and how many operations of all of them were acknowledged. */
async function sessionsOf(folder: RunFolder): Promise<Session[]> {
  const sessions = new Map<number, Session>();
  await readLedger(laneFile(folder, "sessions", "ledger"), ({ type, outcome, player, device }) => {
    const known = sessions.get(player);
    const session = known ?? { player, minRevision: 0, devices: new Set<number>() };
    if (known === undefined) sessions.set(player, session);
    session.devices.add(device);
    const ok = type === ledgerTypes.outcome && outcome === ledgerOutcomes.ok;
    if (ok) session.minRevision += 1;
  });
  return [...sessions.values()];
}

function toRecord(read: FinalRead): ObservedRecord {
  const { found, ...rest } = read;
  return { ...rest, found: observedStates[found] };
}
