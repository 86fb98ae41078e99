/** What records a gateway has in flight, and for how long their operations waited (rules 9 and 10). */
import type { TxnRequest } from "../../../../src/reference-backend/sessions/log/store/store-call.ts";
import type { SimGateway } from "../actors/gateway.ts";
import { limits } from "../settings.ts";
import type { World } from "../world/world.ts";
import { must } from "./checks.ts";
import type { StoreCall } from "./gateway-watch.ts";

const attemptsMax = 3;
const recordHeadBytes = 32;
/** Timers count whole milliseconds; an answer may come before one that is due. */
const timerMs = 2;
const logKey = /^\/hunt\/log\/(\d+)\//;

interface Sent {
  readonly atMs: number;
  readonly waitedMs: number;
}

interface InFlight {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly calls: Set<number>;
}

export class AppendWatch {
  readonly #world: World;
  /** By instance and partition. */
  readonly #inFlight = new Map<string, InFlight>();
  readonly #places = new Map<string, string>();
  readonly #sent = new Map<string, Sent>();
  readonly #pausedMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  paused(instance: string, forMs: number): void {
    this.#pausedMs.set(instance, (this.#pausedMs.get(instance) ?? 0) + forMs);
  }

  called({ instance }: SimGateway, call: StoreCall, { puts }: TxnRequest): void {
    const [put] = puts;
    const partition = put === undefined ? undefined : logKey.exec(put.key)?.[1];
    if (put === undefined || partition === undefined) return;
    const place = `${instance} ${partition}`;
    const what = () => `${instance} sends ${put.key}`;
    let flight = this.#inFlight.get(place);
    if (flight === undefined || flight.calls.size === 0) {
      if (flight?.bytes !== put.value) this.#firstAttempt(place, put.key, put.value, call, what);
      else this.#world.coverage.appendRetries += 1;
      flight = { key: put.key, bytes: put.value, calls: new Set() };
      this.#inFlight.set(place, flight);
    } else {
      this.#world.coverage.appendRetries += 1;
    }
    const { key } = flight;
    must(key === put.key, "two-in-flight", () => `${what()} while ${key} is in flight`);
    flight.calls.add(call.id);
    this.#places.set(`${instance} ${call.id}`, place);
    const open = flight.calls.size;
    must(open <= attemptsMax, "attempts-open", () => `${what()} in ${open} attempts at once`);
  }

  /** Answered, or given up. */
  settled(instance: string, id: number): void {
    const name = `${instance} ${id}`;
    const place = this.#places.get(name);
    if (place === undefined) return;
    this.#places.delete(name);
    this.#inFlight.get(place)?.calls.delete(id);
  }

  isInFlight(instance: string, partition: number): boolean {
    return (this.#inFlight.get(`${instance} ${partition}`)?.calls.size ?? 0) > 0;
  }

  /** When a record was first sent, and how long its oldest operation had waited then. */
  firstSent(instance: string, key: string): Sent | undefined {
    return this.#sent.get(`${instance} ${key}`);
  }

  /** Of the newest record of the partition. */
  newestSentMs(instance: string, partition: number): number {
    const key = this.#inFlight.get(`${instance} ${partition}`)?.key ?? "";
    return this.firstSent(instance, key)?.atMs ?? Number.NEGATIVE_INFINITY;
  }

  ended(instance: string): void {
    for (const [place] of this.#inFlight) {
      if (place.startsWith(`${instance} `)) this.#inFlight.delete(place);
    }
  }

  #firstAttempt(
    place: string,
    key: string,
    bytes: Uint8Array,
    { batchWaitMs = 0 }: StoreCall,
    what: () => string,
  ): void {
    const [instance = ""] = place.split(" ");
    this.#sent.set(`${instance} ${key}`, { atMs: this.#world.nowMs, waitedMs: batchWaitMs });
    const pausedMs = this.#pausedMs.get(instance) ?? 0;
    must(
      batchWaitMs <= limits.queueAgeMsMax + pausedMs + timerMs,
      "queued-too-long",
      () => `${what()}, whose oldest operation waited ${batchWaitMs} ms`,
    );
    must(
      bytes.length <= limits.recordBytesMax + recordHeadBytes,
      "record-too-large",
      () => `${what()} of ${bytes.length} bytes`,
    );
  }
}
