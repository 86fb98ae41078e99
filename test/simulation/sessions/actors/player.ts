/**
 * One session and its one or two devices: opens, digs, jumps ahead in its numbers now and then, falls
 * silent, is closed. One player's devices share a pace that is drawn from the seed.
 */

import { fnv1a32 } from "../../../../src/reference-backend/sessions/game/fnv1a.ts";
import { operationKinds } from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import { must } from "../checks/checks.ts";
import type { Attempted } from "../checks/ledger.ts";
import { sessionTtlMs } from "../settings.ts";
import type { World } from "../world/world.ts";
import { Device } from "./device.ts";
import type { SimGateway } from "./gateway.ts";

const kinds = [
  operationKinds.digStarted,
  operationKinds.tilesRevealed,
  operationKinds.lootClaimed,
] as const;
/** An opened session is closed by its client no sooner, so that late openings find its tombstone. */
const openMsMin = 1500;
/** A device waits with more, but for its bursts. */
const underWayMax = 4;
/** Until a closing that is under way is committed, when all is well. */
const closingMs = 1000;
const keepAliveMs = 600;

type Habit = "steady" | "leaves" | "watches" | "closes" | "crowd" | "burst";

export class Player {
  readonly id: string;
  /** The newest revision that an answer told. */
  revision = 0;
  opened = false;
  readonly habit: Habit;
  /** It does nothing any more, since then. */
  silentSinceMs: number | undefined;
  readonly #world: World;
  readonly #devices: Device[];
  readonly #paceMs: number;
  #openedAtMs = 0;
  #acknowledged: Attempted[] = [];

  constructor(world: World, gateways: readonly SimGateway[], number: number) {
    this.#world = world;
    this.id = `s-${number}`;
    const { random } = world;
    this.habit = random.pick(["steady", "steady", "leaves", "watches", "closes", "crowd", "burst"]);
    this.#paceMs = random.between(60, 250);
    const count = this.habit === "crowd" ? 9 : random.pick([1, 1, 2]);
    const target = fnv1a32(this.id) % gateways.length;
    this.#devices = Array.from(
      { length: count },
      (_, place) => new Device(world, gateways, { session: this.id, number: place + 1, target }),
    );
  }

  start(): void {
    this.#open();
    const world = this.#world;
    const quietMs = world.settings.activeMs * world.random.between(0.2, 0.6);
    if (this.habit === "leaves") world.schedule.at(quietMs, () => this.#fallSilent());
    if (this.habit === "watches") {
      world.schedule.at(quietMs, () => this.#fallSilent());
      world.schedule.at(quietMs, () => this.#stayAlive());
    }
    if (this.habit === "closes") world.schedule.at(quietMs, () => this.#close());
    for (const device of this.#devices) this.#play(device);
  }

  /** After everything is healed: an open session takes an operation of each device. */
  probe(): void {
    const world = this.#world;
    const session = world.truth.sessions.get(this.id);
    const last = this.#acknowledged.at(-1);
    if (session?.closedAtMs !== undefined && last !== undefined) this.#devices[0]?.repeat(last);
    if (session === undefined || session.closedAtMs !== undefined || this.silent) return;
    for (const device of this.#devices.slice(0, this.habit === "crowd" ? 1 : 2)) {
      device.act(operationKinds.digStarted, (attempted) => {
        const { sequence } = attempted.operation;
        if (attempted.outcome === "ok") return;
        // Right only if the session was just being closed.
        world.schedule.after(closingMs, () => {
          must(
            session.closedAtMs !== undefined,
            "stuck",
            () => `${this.id}/${device.number}/${sequence} is ${attempted.outcome}, all is healed`,
          );
        });
      });
    }
  }

  get silent(): boolean {
    return this.silentSinceMs !== undefined;
  }

  #open(): void {
    const [device] = this.#devices;
    const opened = (attempted: Attempted): void => {
      this.opened = attempted.outcome === "ok";
      this.#openedAtMs = this.#world.nowMs;
      if (!this.opened) this.#notOpened();
      this.#ended(attempted);
    };
    device?.act(operationKinds.sessionOpened, opened, { persists: true });
    if (device !== undefined && this.#world.random.chance(0.3)) this.#dig(device);
  }

  /** Its opening was sent until everything was healed: only a session that is closed by now may refuse it. */
  #notOpened(): void {
    this.#fallSilent();
    const closed = this.#world.truth.sessions.get(this.id)?.closedAtMs !== undefined;
    must(closed, "stuck", () => `${this.id} could not be opened`);
  }

  #play(device: Device): void {
    const world = this.#world;
    const paceMs = this.#paceMs;
    world.schedule.after(world.random.between(0.3, 1.7) * paceMs, () => {
      if (this.silent || world.nowMs > world.settings.activeMs) return;
      if (this.opened) this.#turn(device);
      this.#play(device);
    });
  }

  #turn(device: Device): void {
    const { random } = this.#world;
    const many = this.habit === "burst" && random.chance(0.03) ? 34 : 1;
    if (device.underWay >= underWayMax) return;
    for (let i = 0; i < many; i += 1) this.#dig(device);
    const earlier = this.#acknowledged.length > 0 ? random.pick(this.#acknowledged) : undefined;
    if (earlier === undefined) return;
    const own = this.#devices.find(({ number }) => number === earlier.operation.device);
    if (random.chance(0.02)) own?.contradict(earlier.operation.sequence);
    if (random.chance(0.04)) own?.repeat(earlier);
  }

  #dig(device: Device): void {
    const { random } = this.#world;
    const skip = random.chance(0.012) ? random.whole(1, 90) : 0;
    device.act(random.pick(kinds), (attempted) => this.#ended(attempted), { skip });
  }

  #ended(attempted: Attempted): void {
    if (attempted.outcome !== "ok") return;
    this.revision = Math.max(this.revision, attempted.revision);
    this.#acknowledged.push(attempted);
    if (this.#acknowledged.length > 40) this.#acknowledged = this.#acknowledged.slice(-20);
  }

  #fallSilent(): void {
    this.silentSinceMs ??= this.#world.nowMs;
  }

  /** It looks on without doing anything: only keep-alives say so, to each gateway (rule 16). */
  #stayAlive(): void {
    if (this.habit !== "watches") return;
    this.#devices[0]?.keepAlive();
    this.#world.schedule.after(keepAliveMs, () => this.#stayAlive());
  }

  #close(): void {
    const world = this.#world;
    const [device] = this.#devices;
    if (!this.opened || world.nowMs < this.#openedAtMs + openMsMin || device === undefined) {
      if (world.faulty) world.schedule.after(200, () => this.#close());
      return;
    }
    device.act(operationKinds.sessionClosed, (attempted) => this.#ended(attempted));
  }

  /** At the end: whether the gateways' clocks should have closed it by now. */
  mustBeClosed(nowMs: number, ownedSinceMs: number): boolean {
    if (this.silentSinceMs === undefined || this.habit === "watches") return false;
    const sinceMs = Math.max(this.silentSinceMs, ownedSinceMs);
    return nowMs > sinceMs + sessionTtlMs * (1 + 1 / 32) + closingMs;
  }
}
