/**
 * What is really committed, seen at the store itself as it commits: every record decoded once, every
 * session's operations in their order. It checks each commit against the rules of the log, and is
 * what answers, reads and final states are compared with.
 */

import { operationDigest } from "../../../../src/reference-backend/sessions/game/operation-digest.ts";
import {
  applyOperation,
  initialState,
  type SessionState,
} from "../../../../src/reference-backend/sessions/game/session-state.ts";
import {
  gatewayDevice,
  type Operation,
  operationKinds,
} from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import { decodeRecord } from "../../../../src/reference-backend/sessions/log/format/record.ts";
import type { Change } from "../store/model-etcd.ts";
import { type CheckName, must, SimulationFailure } from "./checks.ts";
import type { Ledger } from "./ledger.ts";
import { operationName } from "./operation-name.ts";

const outstandingMax = 32;
const logKey = /^\/hunt\/log\/(\d+)\/(\d{12})$/;

export interface Committed {
  readonly operation: Operation;
  readonly digest: number;
  readonly record: number;
}

export interface TrueSession {
  readonly id: string;
  readonly partition: number;
  /** In the order of the log: index i made revision i+1. */
  readonly operations: Committed[];
  readonly positions: Map<number, number>;
  state: SessionState;
  closedAtMs: number | undefined;
}

export interface TruePartition {
  oldest: number;
  newest: number;
  bytes: number;
  /** Sessions and sizes of the records kept. */
  readonly records: Map<number, { readonly sessions: ReadonlySet<string>; readonly bytes: number }>;
}

export class Truth {
  readonly sessions = new Map<string, TrueSession>();
  readonly partitions = new Map<number, TruePartition>();
  applied = 0;
  closings = 0;
  readonly #ledger: Ledger;
  readonly #now: () => number;

  constructor(ledger: Ledger, now: () => number) {
    this.#ledger = ledger;
    this.#now = now;
  }

  /** The record that a change of the store writes, if it is one. */
  commitRecord(
    change: Change,
  ): { partition: number; operations: readonly Operation[] } | undefined {
    const match = logKey.exec(change.key);
    if (match === null || change.value === undefined) return undefined;
    const partition = Number(match[1]);
    const n = Number(match[2]);
    const kept = this.#partition(partition);
    must(n > kept.newest && change.version === 1, "record-rewritten", () => `${change.key} again`);
    must(n === kept.newest + 1, "record-gap", () => `${change.key} after record ${kept.newest}`);
    const { operations } = decodeRecord(change.value);
    kept.newest = n;
    kept.bytes += change.value.length;
    const sessions = new Set(operations.map(({ session }) => session));
    kept.records.set(n, { sessions, bytes: change.value.length });
    const ofDevice = new Map<string, number>();
    for (const operation of operations) {
      this.#commit(operation, partition, n);
      const device = `${operation.session}/${operation.device}`;
      const count = (ofDevice.get(device) ?? 0) + 1;
      ofDevice.set(device, count);
      must(count <= outstandingMax, "outstanding-too-many", () => `${device} in record ${n}`);
    }
    return { partition, operations };
  }

  /** A deleted record: which one, and whose. */
  trimRecord(
    change: Change,
  ): { partition: number; n: number; sessions: ReadonlySet<string> } | undefined {
    const match = logKey.exec(change.key);
    if (match === null) return undefined;
    const partition = Number(match[1]);
    const n = Number(match[2]);
    const kept = this.#partition(partition);
    must(n !== kept.newest, "record-gap", () => `${change.key}, the newest, was deleted`);
    must(n === kept.oldest, "record-gap", () => `${change.key} deleted, oldest is ${kept.oldest}`);
    const record = kept.records.get(n);
    kept.records.delete(n);
    kept.oldest = n + 1;
    kept.bytes -= record?.bytes ?? 0;
    return { partition, n, sessions: record?.sessions ?? new Set() };
  }

  revision(session: string): number {
    return this.sessions.get(session)?.operations.length ?? 0;
  }

  /** The revision that the operation made; undefined when it is not in the log. */
  position(operation: Operation): number | undefined {
    const at = this.sessions.get(operation.session)?.positions.get(operationName(operation));
    return at;
  }

  /** The state that the operations up to record n made. */
  stateAt(session: TrueSession, n: number): SessionState {
    const last = session.operations.at(-1);
    if (last === undefined || last.record <= n) return session.state;
    return replay(
      session.id,
      session.operations.filter(({ record }) => record <= n),
    );
  }

  #commit(operation: Operation, partition: number, record: number): void {
    const { session: id, device, kind } = operation;
    const what = () => `${id}/${device}/${operation.sequence} in record ${record} of ${partition}`;
    const digest = operationDigest(operation);
    const gateways = device === gatewayDevice && kind === operationKinds.sessionClosed;
    if (!gateways) {
      const attempted = this.#ledger.find(operation);
      if (attempted === undefined) throw new SimulationFailure("never-attempted", what());
      must(attempted.digest === digest, "wrong-payload", what);
      attempted.committed = true;
    }
    let session = this.sessions.get(id);
    if (session === undefined) {
      must(kind === operationKinds.sessionOpened, "wrong-state", () => `${what()}, not opened`);
      const state = initialState(id, 0);
      session = {
        id,
        partition,
        operations: [],
        positions: new Map(),
        state,
        closedAtMs: undefined,
      };
      this.sessions.set(id, session);
    }
    const name = operationName(operation);
    const check: CheckName = "applied-twice";
    must(!session.positions.has(name), check, what);
    must(session.closedAtMs === undefined, "resurrected", what);
    try {
      applyOperation(session.state, operation);
    } catch {
      throw new SimulationFailure("devices-too-many", what());
    }
    session.operations.push({ operation, digest, record });
    session.positions.set(name, session.operations.length);
    if (kind === operationKinds.sessionClosed) session.closedAtMs = this.#now();
    if (gateways) this.closings += 1;
    else this.applied += 1;
  }

  #partition(partition: number): TruePartition {
    let kept = this.partitions.get(partition);
    if (kept === undefined) {
      kept = { oldest: 0, newest: -1, bytes: 0, records: new Map() };
      this.partitions.set(partition, kept);
    }
    return kept;
  }
}

function replay(id: string, committed: readonly Committed[]): SessionState {
  const state = initialState(id, 0);
  for (const { operation } of committed) applyOperation(state, operation);
  return state;
}
