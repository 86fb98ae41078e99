/** Reads what a player would read, from one proxy, and checks every answer (rules 20, 21, 23). */
import { Buffer } from "node:buffer";
import { stateToJson } from "../../../../src/reference-backend/sessions/game/state-json.ts";
import { gatewayDevice } from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import type { ReadAnswer } from "../../../../src/reference-backend/sessions/proxy/serving/session-reads.ts";
import { must } from "../checks/checks.ts";
import { tombstoneMs } from "../settings.ts";
import type { World } from "../world/world.ts";
import type { Player } from "./player.ts";
import type { SimProxy } from "./proxy.ts";

const everyMs = 350;
/** Of the reads, so many have their content looked at. */
const lookedAt = 0.3;

export class Reader {
  readonly #world: World;
  readonly #player: Player;
  readonly #proxy: SimProxy;
  #newest = 0;

  constructor(world: World, player: Player, proxy: SimProxy) {
    this.#world = world;
    this.#player = player;
    this.#proxy = proxy;
  }

  start(): void {
    const world = this.#world;
    world.schedule.after(world.random.between(0.5, 1.5) * everyMs, () => {
      if (this.#player.opened) this.#read();
      if (world.nowMs < world.settings.activeMs) this.start();
    });
  }

  #read(): void {
    const world = this.#world;
    const player = this.#player;
    const minRevision = world.random.chance(0.6) ? player.revision : 0;
    const before = this.#newest;
    const looks = world.random.chance(lookedAt);
    world.coverage.reads += 1;
    this.#proxy.read(player.id, minRevision, (answer) => {
      if (answer.type === "refused") {
        this.#refused(answer, before);
        return;
      }
      const { revision } = answer.snapshot;
      const what = () => `${this.#proxy.name} shows ${player.id} at ${revision}`;
      must(revision >= before, "read-went-back", () => `${what()}, it was ${before} before`);
      must(revision >= minRevision, "read-too-old", () => `${what()}, asked for ${minRevision}`);
      this.#newest = Math.max(this.#newest, revision);
      if (looks) this.#compare(revision, answer.snapshot.bytes, what);
    });
  }

  #refused(answer: Extract<ReadAnswer, { type: "refused" }>, before: number): void {
    const world = this.#world;
    const player = this.#player;
    const closedAtMs = world.truth.sessions.get(player.id)?.closedAtMs;
    const over = closedAtMs !== undefined && world.nowMs > closedAtMs + tombstoneMs;
    must(
      answer.why !== "not-found" || before === 0 || over,
      "read-went-back",
      () => `${this.#proxy.name} knows no ${player.id}, it showed ${before} before`,
    );
  }

  #compare(revision: number, bytes: Uint8Array, what: () => string): void {
    const session = this.#world.truth.sessions.get(this.#player.id);
    must(revision <= (session?.operations.length ?? 0), "wrong-read", what);
    const counts = new Map<string, number>();
    const sums = new Map<string, number>();
    for (const { operation, digest } of session?.operations.slice(0, revision) ?? []) {
      if (operation.device === gatewayDevice) continue;
      const device = String(operation.device);
      counts.set(device, (counts.get(device) ?? 0) + 1);
      sums.set(device, ((sums.get(device) ?? 0) + digest) >>> 0);
    }
    const read = JSON.parse(Buffer.from(bytes).toString()) as {
      devices: Record<string, { count: number; checksum: number }>;
    };
    const devices = Object.entries(read.devices);
    const same = devices.every(
      ([device, { count, checksum }]) =>
        counts.get(device) === count && sums.get(device) === checksum,
    );
    must(same && devices.length === counts.size, "wrong-read", () => `${what()}: other operations`);
  }
}

/** At the end: a proxy shows exactly what is committed. */
export function compareWithTruth(world: World, proxy: SimProxy): void {
  for (const session of world.truth.sessions.values()) {
    if (session.closedAtMs !== undefined) continue;
    const revision = session.operations.length;
    const what = () => `${proxy.name} on ${session.id}`;
    let answered = false;
    proxy.read(session.id, revision, (answer) => {
      answered = true;
      const same =
        answer.type === "state" &&
        Buffer.compare(answer.snapshot.bytes, stateToJson(session.state)) === 0;
      const shows =
        answer.type === "state" ? `revision ${answer.snapshot.revision}` : answer.reason;
      must(same, "proxy-differs", () => `${what()}: ${shows}, committed are ${revision}`);
    });
    world.schedule.after(1100, () => must(answered, "stuck", () => `${what()}: no answer`));
  }
}
