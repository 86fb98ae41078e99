/** After the drain: reads every session of the ledger through the read path, and records what it held. */
import { writeFile } from "node:fs/promises";
import { laneFile, type RunFolder } from "../../../recording/run-folder.ts";
import { nodesOf } from "../../../topology/topology.ts";
import type { LaneRun } from "../../companion.ts";
import { ledgerOutcomes, ledgerTypes, readLedger } from "../files/ledger-file.ts";
import { encodeObserved, type ObservedRecord, observedStates } from "../files/observed-file.ts";
import { type FinalRead, finalReads } from "./final-reads.ts";

/** @returns how many sessions were read, in words. */
export async function sessionsFinalReads({ backend, folder, signal }: LaneRun): Promise<string> {
  const proxy = nodesOf(backend.topology).find((node) => node.kind === "proxy");
  if (proxy === undefined) throw new Error("the topology has no node that sessions are read from");
  const requests = await sessionsOf(folder);
  const records: ObservedRecord[] = [];
  const sessions = await finalReads({
    address: backend.addresses.address(proxy.id, "http"),
    requests,
    onRead: (read) => records.push(toRecord(read)),
    signal,
  });
  records.sort((left, right) => left.player - right.player || left.device - right.device);
  await writeFile(laneFile(folder, "sessions", "observed"), encodeObserved(records));
  const ofTwoDevices = requests.filter(({ devices }) => devices.size > 1).length;
  return `${sessions} sessions, ${ofTwoDevices} of them played from two devices`;
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
