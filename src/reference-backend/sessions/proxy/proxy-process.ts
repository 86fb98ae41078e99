/** Runs the proxy's core against etcd: its reads, its one watch, its clock. */

import { Buffer } from "node:buffer";
import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { EtcdError } from "../../etcd-client/etcd-error.ts";
import { type Event, Event_EventType, type KeyValue } from "../../etcd-client/gen/mvccpb/kv_pb.ts";
import { keyBytes } from "../../etcd-client/keys.ts";
import { type OpenWatch, openWatch } from "../../etcd-client/watch.ts";
import type { ServiceLog } from "../../service-kit/json-log.ts";
import { reasonOf } from "../../service-kit/reason-of.ts";
import { ProxyCore, type ProxyCoreFigures, tickMs } from "./core/proxy-core.ts";
import type { ProxyEffect, ReadOutcome, StoreChange } from "./core/proxy-outbox.ts";
import type { IndexedDesign } from "./designs/session-index.ts";
import type { ReadAnswer, WaitingRead } from "./serving/session-reads.ts";

export interface ProxyHealth {
  readonly ready: boolean;
  readonly waitingFor?: string;
  /** Host and port of the etcd member that is followed. */
  readonly member?: string;
}

export interface ProxyProcessOptions {
  readonly etcd: EtcdCluster;
  readonly design: IndexedDesign;
  readonly log: ServiceLog;
}

export class ProxyProcess {
  readonly #options: ProxyProcessOptions;
  readonly #core: ProxyCore;
  readonly #reads = new Map<number, AbortController>();
  #watchId: number | undefined;
  #watch: OpenWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #endLeaderWatch: (() => void) | undefined;
  #stopped = false;

  constructor(options: ProxyProcessOptions) {
    this.#options = options;
    this.#core = new ProxyCore({ design: options.design, members: options.etcd.members.length });
  }

  start(): void {
    const { etcd } = this.#options;
    const heard = (): void => {
      const leader = etcd.leader();
      const number = leader === undefined ? undefined : etcd.members.indexOf(leader);
      this.#event((nowMs) => this.#core.leaderChanged(number, nowMs));
      this.#event((nowMs) => this.#core.tick(nowMs));
    };
    this.#endLeaderWatch = etcd.onLeaderChange(heard);
    heard();
    this.#tick();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#endLeaderWatch?.();
    for (const controller of this.#reads.values()) controller.abort();
    this.#watch?.close();
  }

  /** Answers at once where it can, and returns undefined then; else within a second. */
  read(
    session: string,
    minRevision: number,
    answer: (answer: ReadAnswer) => void,
  ): WaitingRead | undefined {
    const waiting = this.#core.read(session, minRevision, performance.now(), answer);
    if (waiting !== undefined) this.#carryOutAll();
    return waiting;
  }

  forget(read: WaitingRead): void {
    this.#core.forget(read);
  }

  health(): ProxyHealth {
    if (this.#stopped) return { ready: false, waitingFor: "its end" };
    const { member, ...health } = this.#core.health(performance.now());
    const endpoint =
      member === undefined ? undefined : this.#options.etcd.members[member]?.endpoint;
    return { ...health, ...(endpoint !== undefined && { member: endpoint }) };
  }

  get figures(): ProxyCoreFigures & { stalenessMs: number } {
    return { ...this.#core.figures, stalenessMs: this.#core.stalenessMs(performance.now()) };
  }

  #tick(): void {
    let more = false;
    this.#event((nowMs) => {
      more = this.#core.tick(nowMs);
    });
    if (!this.#stopped) this.#timer = setTimeout(() => this.#tick(), more ? 1 : tickMs);
  }

  #event(run: (nowMs: number) => void): void {
    if (this.#stopped) return;
    run(performance.now());
    this.#carryOutAll();
  }

  #carryOutAll(): void {
    for (const effect of this.#core.takeEffects()) this.#carryOut(effect);
  }

  #carryOut(effect: ProxyEffect): void {
    switch (effect.type) {
      case "read":
        void this.#readRange(effect);
        break;
      case "cancel":
        this.#reads.get(effect.id)?.abort();
        break;
      case "watch":
        this.#openWatch(effect).catch((error: unknown) => this.#watchEnded(effect.id, error));
        break;
      case "unwatch":
        if (effect.id === this.#watchId) this.#closeWatch();
        break;
      case "log": {
        const { member, ...facts } = effect.facts;
        const endpoint =
          typeof member === "number" ? this.#options.etcd.members[member]?.endpoint : undefined;
        this.#options.log[effect.level](effect.event, { member: endpoint, ...facts });
        break;
      }
    }
  }

  async #readRange(effect: Extract<ProxyEffect, { type: "read" }>): Promise<void> {
    const { id, range, deadlineMs } = effect;
    const controller = new AbortController();
    this.#reads.set(id, controller);
    const member = this.#options.etcd.members[effect.member];
    let outcome: ReadOutcome;
    try {
      const request = {
        key: keyBytes(range.start),
        ...(range.end !== undefined && { rangeEnd: keyBytes(range.end) }),
        limit: BigInt(range.limit),
        revision: BigInt(range.revision),
        serializable: range.serializable,
        keysOnly: range.keysOnly,
      };
      const { signal } = controller;
      const options = { deadlineMs, signal, ...(member && { member }) };
      const { kvs, more, header } = await this.#options.etcd.range(request, options);
      const revision = Number(header?.revision ?? 0n);
      outcome = { type: "read", values: kvs.map(storedValue), more, revision };
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      outcome = { type: "failed", reason: error.message };
    } finally {
      this.#reads.delete(id);
    }
    this.#event((nowMs) => this.#core.settle(id, outcome, nowMs));
  }

  async #openWatch(effect: Extract<ProxyEffect, { type: "watch" }>): Promise<void> {
    const { id, start, end, fromRevision } = effect;
    this.#closeWatch();
    this.#watchId = id;
    const member = this.#options.etcd.members[effect.member];
    if (member === undefined) throw new RangeError(`no etcd member ${effect.member}`);
    const range = { key: keyBytes(start), rangeEnd: keyBytes(end) };
    const watch = await openWatch(member, range, BigInt(fromRevision), {
      events: (events) => {
        const changes = events.flatMap(changeOf);
        this.#event((nowMs) => this.#core.watchEvents(id, changes, nowMs));
      },
      progress: (revision) => this.#core.watchProgress(id, Number(revision)),
      ended: (error) => this.#watchEnded(id, error),
    });
    if (this.#stopped || this.#watchId !== id) watch.close();
    else this.#watch = watch;
  }

  #closeWatch(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#watchId = undefined;
  }

  #watchEnded(id: number, error: unknown): void {
    if (this.#watchId === id) this.#closeWatch();
    const reason = reasonOf(error);
    const compacted = error instanceof EtcdError && error.code === "compacted";
    this.#event((nowMs) => this.#core.watchEnded(id, { reason, compacted }, nowMs));
  }
}

function storedValue(kv: KeyValue): StoreChange {
  return {
    key: Buffer.from(kv.key.buffer, kv.key.byteOffset, kv.key.byteLength).toString(),
    value: kv.value,
    version: Number(kv.version),
    modRevision: Number(kv.modRevision),
  };
}

function changeOf({ type, kv }: Event): StoreChange[] {
  if (kv === undefined) return [];
  const stored = storedValue(kv);
  return [type === Event_EventType.DELETE ? { ...stored, value: undefined, version: 0 } : stored];
}
