/**
 * Who took a partition from whom (rules 3 to 5), in the order of commits. A takeover is right only
 * from an owner of which, at some time, three of the taker's heartbeats committed and none of its own
 * between them; everything else must be a hand-over by the owner itself.
 */
import {
  type OwnerValue,
  parseBeat,
  parseOwner,
  partitionOfOwnerKey,
} from "../../../../src/reference-backend/sessions/log/format/keys.ts";
import type {
  StoreRequest,
  TxnRequest,
} from "../../../../src/reference-backend/sessions/log/store/store-call.ts";
import type { SimGateway } from "../actors/gateway.ts";
import { limits } from "../settings.ts";
import type { World } from "../world/world.ts";
import type { AppendWatch } from "./append-watch.ts";
import { must } from "./checks.ts";

const ownedKey = /^\/hunt\/(?:log|base)\/(\d+)\//;
const goneAfterBeats = 3;
const handOverIntervalMs = limits.handOverIntervalMs;

export class OwnershipWatch {
  readonly #world: World;
  readonly #appends: AppendWatch;
  readonly #owners = new Map<number, { instance: string; sinceMs: number }>();
  readonly #former = new Set<string>();
  /** By observer and other: own beats since the other's last one. */
  readonly #beatsSince = new Map<string, Map<string, number>>();
  /** Everybody who ever beat or owned something. */
  readonly #known = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #handedAtMs = new Map<string, number>();
  #before: { instance: string; sinceMs: number } | undefined;

  constructor(world: World, appends: AppendWatch) {
    this.#world = world;
    this.#appends = appends;
  }

  everOwned(instance: string, partition: number): boolean {
    return this.#former.has(`${instance} ${partition}`);
  }

  ownedSinceMs(instance: string, partition: number): number {
    const owner = this.#owners.get(partition);
    return owner?.instance === instance ? owner.sinceMs : Number.NEGATIVE_INFINITY;
  }

  /** When its last owner took it. */
  lastTakenMs(partition: number): number {
    return this.#owners.get(partition)?.sinceMs ?? 0;
  }

  /** A hand-over starts: its record has returned, and the last one was long ago. */
  called(gateway: SimGateway, request: TxnRequest): void {
    const set = ownerSet(request);
    if (set === undefined || set.owner.instance === gateway.instance) return;
    const { instance } = gateway;
    const { nowMs } = this.#world;
    const what = () => `${instance} hands partition ${set.partition} over`;
    must(
      !this.#appends.isInFlight(instance, set.partition),
      "hand-over",
      () => `${what()} while a record is in flight`,
    );
    if (gateway.stopping) return;
    const lastMs = this.#handedAtMs.get(instance) ?? Number.NEGATIVE_INFINITY;
    must(
      nowMs >= lastMs + handOverIntervalMs,
      "hand-over",
      () => `${what()} ${Math.round(nowMs - lastMs)} ms after another one`,
    );
    // It began before its last record returned, at the latest when that one was sent.
    const sentMs = this.#appends.newestSentMs(instance, set.partition);
    this.#handedAtMs.set(instance, Math.min(nowMs, Math.max(sentMs, nowMs - handOverIntervalMs)));
  }

  writes(request: StoreRequest): void {
    const set = request.type === "txn" ? ownerSet(request) : undefined;
    this.#before = set === undefined ? undefined : this.#owners.get(set.partition);
  }

  wrote(instance: string, request: TxnRequest): void {
    const [put] = request.puts;
    if (put?.key.startsWith("/hunt/beat/") === true) {
      const beat = parseBeat(put.value);
      if (beat !== undefined) this.#beat(beat.instance);
      return;
    }
    const set = ownerSet(request);
    if (set === undefined) this.#checkOwner(instance, put?.key ?? request.deletes[0]?.start ?? "");
    if (set !== undefined) this.#ownerSet(instance, set.partition, set.owner);
  }

  #checkOwner(writer: string, key: string): void {
    const digits = ownedKey.exec(key)?.[1];
    if (digits === undefined) return;
    const owner = this.#owners.get(Number(digits))?.instance;
    must(owner === writer, "fenced-write", () => `${writer} writes ${key} of ${owner}`);
  }

  #ownerSet(writer: string, partition: number, owner: OwnerValue): void {
    const before = this.#before;
    const world = this.#world;
    world.story.tell(`${writer} makes ${owner.instance} the owner of partition ${partition}`);
    if (writer !== owner.instance) {
      world.coverage.handOvers += 1;
      must(
        before?.instance === writer,
        "taken-from-live",
        () => `${writer} hands over partition ${partition} of ${before?.instance}`,
      );
    } else {
      world.coverage.takeovers += 1;
      const right =
        before === undefined ||
        before.instance === writer ||
        this.#gone.has(`${writer} ${before.instance}`);
      must(
        right,
        "taken-from-live",
        () => `${writer} takes partition ${partition} from ${before?.instance}, which was not gone`,
      );
    }
    this.#owners.set(partition, { instance: owner.instance, sinceMs: world.nowMs });
    this.#former.add(`${owner.instance} ${partition}`);
  }

  #beat(instance: string): void {
    this.#known.add(instance);
    for (const { instance: owner } of this.#owners.values()) this.#known.add(owner);
    for (const [observer, since] of this.#beatsSince) {
      if (observer !== instance) since.set(instance, 0);
    }
    let mine = this.#beatsSince.get(instance);
    if (mine === undefined) {
      mine = new Map();
      this.#beatsSince.set(instance, mine);
    }
    for (const other of this.#known) {
      if (other === instance) continue;
      const beats = (mine.get(other) ?? 0) + 1;
      mine.set(other, beats);
      if (beats >= goneAfterBeats) this.#gone.add(`${instance} ${other}`);
    }
  }
}

function ownerSet({ puts }: TxnRequest): { partition: number; owner: OwnerValue } | undefined {
  for (const { key, value } of puts) {
    const partition = partitionOfOwnerKey(key);
    if (partition !== undefined) return { partition, owner: parseOwner(value) };
  }
  return undefined;
}
