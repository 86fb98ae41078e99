/** Looks at each commit of the store, as it happens: records, trims and bases (rules 2, 7, 15, 18). */
import { Buffer } from "node:buffer";
import { gatewayDevice } from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import {
  type Base,
  decodeBase,
} from "../../../../src/reference-backend/sessions/log/format/base.ts";
import { limits, tombstoneMs } from "../settings.ts";
import type { Change } from "../store/model-etcd.ts";
import type { World } from "../world/world.ts";
import { must } from "./checks.ts";
import type { TrueSession, Truth } from "./truth.ts";

const baseKey = /^\/hunt\/base\/(\d+)\/(.+)$/;
const windowSequences = 64;

export class CommitWatch {
  readonly #world: World;
  readonly #truth: Truth;
  /** Last record that each session's base contains. */
  readonly #bases = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    this.#truth = world.truth;
    world.etcd.listeners.push((changes) => {
      for (const change of changes) this.#committed(change);
    });
  }

  #committed(change: Change): void {
    if (change.key.startsWith("/hunt/log/")) {
      if (change.value === undefined) this.#trimmed(change);
      else this.#appended(change);
    } else if (change.key.startsWith("/hunt/base/")) {
      if (change.value === undefined) this.#baseDeleted(change);
      else this.#baseWritten(change, change.value);
    }
  }

  #appended(change: Change): void {
    const world = this.#world;
    const record = this.#truth.commitRecord(change);
    const bytes = change.value?.length ?? 0;
    world.schedule.mix(bytes);
    if (record === undefined) return;
    if (world.story.on) {
      const names = record.operations.map(
        ({ session, device, sequence }) => `${session}/${device}/${sequence}`,
      );
      world.story.tell(`commit ${change.key}: ${names.join(" ")}`);
    }
    const kept = this.#truth.partitions.get(record.partition)?.bytes ?? 0;
    must(
      kept <= limits.tailBytesMax + bytes,
      "tail-too-large",
      () => `${kept} bytes of partition ${record.partition}, at most ${limits.tailBytesMax}`,
    );
  }

  #trimmed(change: Change): void {
    const trimmed = this.#truth.trimRecord(change);
    if (trimmed === undefined) return;
    this.#world.coverage.trims += 1;
    this.#world.story.tell(`trim ${change.key}`);
    for (const id of trimmed.sessions) {
      const covered = (this.#bases.get(id) ?? -1) >= trimmed.n;
      const session = this.#truth.sessions.get(id);
      must(
        covered || this.#isOver(session),
        "trimmed-uncovered",
        () => `${change.key} has operations of ${id}, its base contains ${this.#bases.get(id)}`,
      );
    }
  }

  #baseWritten(change: Change, bytes: Uint8Array): void {
    const truth = this.#truth;
    const world = this.#world;
    const [, digits, id = ""] = baseKey.exec(change.key) ?? [];
    const partition = Number(digits);
    const base = decodeBase(id, bytes);
    world.coverage.bases += 1;
    if (world.story.on) world.story.tell(`base of ${id} at record ${base.n}`);
    const session = truth.sessions.get(id);
    const kept = truth.partitions.get(partition);
    must(
      session !== undefined && session.partition === partition && base.n <= (kept?.newest ?? -1),
      "wrong-base",
      () => `${change.key} at record ${base.n}, the log ends at ${kept?.newest}`,
    );
    if (session === undefined) return;
    const before = this.#bases.get(id) ?? -1;
    must(
      base.n >= before || base.n >= (kept?.oldest ?? 0) - 1,
      "wrong-base",
      () => `${change.key} goes back from ${before} to ${base.n}, records up to there are gone`,
    );
    this.#compare(base, session, change.key);
    this.#bases.set(id, base.n);
  }

  #compare(base: Base, session: TrueSession, key: string): void {
    const state = this.#truth.stateAt(session, base.n);
    const same = Buffer.compare(wordBytes(state.words), wordBytes(base.state.words)) === 0;
    must(same, "wrong-base", () => `${key} at record ${base.n}: another state than its operations`);
    const contained = session.operations.filter(({ record }) => record <= base.n);
    const highest = new Map<number, number>();
    for (const { operation } of contained) {
      const { device, sequence } = operation;
      if (device === gatewayDevice) continue;
      highest.set(device, Math.max(highest.get(device) ?? 0, sequence));
    }
    must(
      base.windows.length === highest.size,
      "wrong-base",
      () => `${key}: ${base.windows.length} windows for ${highest.size} devices`,
    );
    for (const window of base.windows) {
      const inWindow = contained.filter(
        ({ operation }) =>
          operation.device === window.device &&
          window.highest - operation.sequence < windowSequences,
      );
      must(
        window.highest === highest.get(window.device) && window.digests.length === inWindow.length,
        "wrong-base",
        () => `${key}: another window of device ${window.device} than its operations`,
      );
    }
  }

  #baseDeleted(change: Change): void {
    const [, digits, id = ""] = baseKey.exec(change.key) ?? [];
    this.#world.coverage.basesDeleted += 1;
    this.#world.story.tell(`base of ${id} is deleted`);
    const kept = this.#truth.partitions.get(Number(digits));
    const standing = [...(kept?.records ?? [])].some(([, { sessions }]) => sessions.has(id));
    must(
      this.#isOver(this.#truth.sessions.get(id)) && !standing,
      "wrong-state",
      () => `${change.key} is deleted, its session is ${standing ? "in the tail" : "not over"}`,
    );
    this.#bases.delete(id);
  }

  #isOver(session: TrueSession | undefined): boolean {
    if (session?.closedAtMs === undefined) return false;
    return this.#world.nowMs >= session.closedAtMs + tombstoneMs;
  }
}

export function wordBytes(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
