/**
 * Looks at each gateway from outside: what it asks of the store, what it answers and when, and who
 * takes a partition from whom (rules 3 to 5, 8 to 11, 15, 19). Bounds are checked as they are passed.
 */

import { operationDigest } from "../../../../src/reference-backend/sessions/game/operation-digest.ts";
import {
  type Answer,
  gatewayDevice,
  type SubmittedOperation,
} from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import { partitionOf } from "../../../../src/reference-backend/sessions/log/format/partition-of.ts";
import { decodeRecord } from "../../../../src/reference-backend/sessions/log/format/record.ts";
import type {
  Effect,
  StoreOutcome,
  StoreRequest,
} from "../../../../src/reference-backend/sessions/log/store/store-call.ts";
import type { SimGateway } from "../actors/gateway.ts";
import { limits, sessionTtlMs } from "../settings.ts";
import type { World } from "../world/world.ts";
import { AppendWatch } from "./append-watch.ts";
import { must } from "./checks.ts";
import { OwnershipWatch } from "./ownership-watch.ts";

export type StoreCall = Extract<Effect, { type: "call" }>;

interface Owed {
  readonly operation: SubmittedOperation;
  readonly sinceMs: number;
}

export class GatewayWatch {
  readonly #world: World;
  readonly #appends: AppendWatch;
  readonly #ownership: OwnershipWatch;
  /** Operations that a gateway has not answered, by their refs. */
  readonly #owed = new Map<SimGateway, Map<bigint, Owed>>();
  /** Signs of life that each gateway instance saw of each session. */
  readonly #life = new Map<string, number[]>();

  constructor(world: World) {
    this.#world = world;
    this.#appends = new AppendWatch(world);
    this.#ownership = new OwnershipWatch(world, this.#appends);
  }

  paused(gateway: SimGateway, forMs: number): void {
    this.#appends.paused(gateway.instance, forMs);
  }

  submitted(gateway: SimGateway, operation: SubmittedOperation): void {
    this.#owedBy(gateway).set(operation.ref, { operation, sinceMs: this.#world.nowMs });
    this.keptAlive(gateway, operation.session);
  }

  keptAlive(gateway: SimGateway, session: string): void {
    const key = `${gateway.instance} ${session}`;
    const times = this.#life.get(key);
    if (times === undefined) this.#life.set(key, [this.#world.nowMs]);
    else times.push(this.#world.nowMs);
  }

  answered(gateway: SimGateway, answer: Answer): void {
    const world = this.#world;
    const owed = this.#owedBy(gateway).get(answer.ref);
    must(owed !== undefined, "answered-twice", () => `${gateway.instance} answers ${answer.ref}`);
    if (owed === undefined) return;
    this.#owedBy(gateway).delete(answer.ref);
    const { operation } = owed;
    const { session, device, sequence } = operation;
    const what = () => `${gateway.instance} on ${session}/${device}/${sequence}: ${answer.outcome}`;
    world.schedule.mix(answer.outcome.length);
    if (world.story.on && answer.outcome !== "ok") {
      world.story.tell(`${what()} ${answer.owner ?? answer.reason ?? ""}`);
    }
    this.#count(answer);
    if (answer.outcome !== "ok") return;
    const position = world.truth.position(operation);
    must(position !== undefined, "acknowledged-lost", () => `${what()}, but it is not committed`);
    const { digest } = world.ledger.find(operation) ?? { digest: -1 };
    must(digest === operationDigest(operation), "wrong-payload", what);
    const revision = answer.revision ?? 0;
    must(
      revision >= (position ?? 0) && revision <= world.truth.revision(session),
      "wrong-revision",
      () => `${what()} ${revision}, it made ${position} of ${world.truth.revision(session)}`,
    );
  }

  /** The core asks its shell for a call. */
  called(gateway: SimGateway, call: StoreCall): void {
    const { request } = call;
    if (request.type === "compact") {
      this.#checkCompaction(gateway, request.revision);
    } else if (request.type === "txn") {
      this.#appends.called(gateway, call, request);
      this.#ownership.called(gateway, request);
    }
  }

  /** What a gateway does that does not wait for the commit: it says ok to all of a record it sends. */
  acknowledgeEarly(gateway: SimGateway, { request }: StoreCall): void {
    const put = request.type === "txn" ? request.puts[0] : undefined;
    if (put?.key.startsWith("/hunt/log/") !== true) return;
    for (const { session, device, sequence } of decodeRecord(put.value).operations) {
      for (const [ref, { operation }] of this.#owedBy(gateway)) {
        const same = operation.session === session && operation.device === device;
        if (!same || operation.sequence !== sequence) continue;
        this.answered(gateway, { ref, outcome: "ok", revision: 1 });
      }
    }
  }

  settled(gateway: SimGateway, id: number): void {
    this.#appends.settled(gateway.instance, id);
  }

  /** After each event of a gateway. */
  looked(gateway: SimGateway): void {
    const { queueBytes } = gateway.counters;
    must(
      queueBytes <= limits.queueBytesMax * this.#world.settings.partitions,
      "queue-too-large",
      () => `${gateway.instance} has ${queueBytes} bytes queued`,
    );
  }

  ended(gateway: SimGateway): void {
    const { counters } = gateway;
    const { coverage } = this.#world;
    coverage.duplicates += counters.duplicate;
    coverage.fenced += counters.fenced;
    this.#owed.delete(gateway);
    this.#appends.ended(gateway.instance);
  }

  /** At the end of a run: nothing is owed for longer than the queue's bound. */
  checkAnswered(gateway: SimGateway, forMs: number): void {
    for (const { operation, sinceMs } of this.#owedBy(gateway).values()) {
      const { session, device, sequence } = operation;
      must(
        this.#world.nowMs - sinceMs <= forMs,
        "stuck",
        () =>
          `${gateway.instance} has not answered ${session}/${device}/${sequence} of ${sinceMs} ms`,
      );
    }
  }

  lastTakenMs(partition: number): number {
    return this.#ownership.lastTakenMs(partition);
  }

  writes(request: StoreRequest): void {
    this.#ownership.writes(request);
  }

  wrote(instance: string, request: StoreRequest, outcome: StoreOutcome): void {
    const { coverage } = this.#world;
    if (request.type === "compact" && outcome.type === "compact") coverage.compactions += 1;
    if (outcome.type === "failed" && outcome.compacted === true) coverage.tailsReadAgain += 1;
    if (request.type !== "txn" || outcome.type !== "txn" || !outcome.succeeded) return;
    this.#ownership.wrote(instance, request);
    const [put] = request.puts;
    if (put?.key.startsWith("/hunt/log/") === true)
      this.#checkClosings(instance, put.key, put.value);
  }

  /** A closing needs a whole time without life, before its record was made (rule 15). */
  #checkClosings(instance: string, key: string, value: Uint8Array): void {
    for (const { session, device } of decodeRecord(value).operations) {
      if (device !== gatewayDevice) continue;
      this.#world.coverage.closings += 1;
      const sent = this.#appends.firstSent(instance, key);
      if (sent === undefined) continue;
      const decidedMs = sent.atMs - sent.waitedMs;
      const partition = partitionOf(session, this.#world.settings.partitions);
      const ownedMs = this.#ownership.ownedSinceMs(instance, partition);
      const lived = this.#life.get(`${instance} ${session}`) ?? [];
      const early = [...lived, ownedMs].find(
        (atMs) => atMs > sent.atMs - sessionTtlMs && atMs < decidedMs,
      );
      must(
        early === undefined,
        "closed-early",
        () => `${instance} closes ${session}, which showed life at ${early} ms`,
      );
    }
  }

  #checkCompaction(gateway: SimGateway, revision: number): void {
    must(
      this.#ownership.everOwned(gateway.instance, 0),
      "compaction",
      () => `${gateway.instance} compacts, but never owned partition 0`,
    );
    const atMs = this.#world.revisionAtMs[revision] ?? 0;
    const { nowMs } = this.#world;
    must(
      atMs <= nowMs - limits.compactBehindMs,
      "compaction",
      () => `${gateway.instance} compacts ${Math.round(nowMs - atMs)} ms behind`,
    );
  }

  #count(answer: Answer): void {
    const { coverage } = this.#world;
    if (answer.outcome === "moved") coverage.moved += 1;
    if (answer.outcome === "fail") coverage.refused += 1;
    if (answer.outcome === "unknown") coverage.unknown += 1;
    if (answer.reason === "below the dedup window") coverage.belowWindow += 1;
    if (/forgotten|long ago/.test(answer.reason ?? "")) coverage.forgotten += 1;
    if (answer.reason?.includes("another payload") === true) coverage.conflicts += 1;
  }

  #owedBy(gateway: SimGateway): Map<bigint, Owed> {
    let owed = this.#owed.get(gateway);
    if (owed === undefined) {
      owed = new Map();
      this.#owed.set(gateway, owed);
    }
    return owed;
  }
}
