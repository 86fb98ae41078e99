/** The proxy's core by hand: what the store answers, and when, is chosen by each test. */
import { expect, test } from "vitest";
import { applyOperation, initialState, type SessionState } from "../../game/session-state.ts";
import { stateToJson } from "../../game/state-json.ts";
import type { Operation } from "../../gateway/session-writer.ts";
import { encodeBase } from "../../log/format/base.ts";
import { beatKey, logKey, partitionsKey } from "../../log/format/keys.ts";
import { encodeRecord } from "../../log/format/record.ts";
import { logDesign } from "../designs/log-sessions.ts";
import type { ReadAnswer } from "../serving/session-reads.ts";
import { ProxyCore, tickMs } from "./proxy-core.ts";
import type { ProxyEffect, StoreChange } from "./proxy-outbox.ts";

type Read = Extract<ProxyEffect, { type: "read" }>;
const base = "/hunt/base/0/";

function operation(session: string, sequence: number): Operation {
  const kind = sequence === 1 ? 1 : 2;
  return { session, device: 1, sequence, kind, field1: sequence, field2: 0, field3: 0 };
}

/** After so many operations. */
function stateOf(session: string, revision: number): SessionState {
  const state = initialState(session, 0);
  for (let i = 1; i <= revision; i += 1) applyOperation(state, operation(session, i));
  return state;
}

function baseOf(session: string, revision: number, n: number): Uint8Array {
  return encodeBase({ closed: false, n, state: stateOf(session, revision), windows: [] });
}

/** One store that all members show, and a core that follows it; member 0 leads. */
class Driver {
  readonly core: ProxyCore;
  readonly answers: string[] = [];
  readonly reads: Read[] = [];
  watches: Extract<ProxyEffect, { type: "watch" }>[] = [];
  nowMs = 10_000;
  readonly #values = new Map<string, StoreChange>();
  #revision = 1;

  constructor(cacheBytesMax = 1024 * 1024) {
    this.core = new ProxyCore({ design: logDesign(cacheBytesMax), members: 3 });
    this.put(partitionsKey, new TextEncoder().encode("1"));
  }

  start(): void {
    this.core.leaderChanged(0, this.nowMs);
    this.advance(tickMs);
    this.answerAll();
    this.beat();
  }

  /** A record of one operation of one session. */
  append(n: number, session: string, sequence: number): void {
    const operations = [operation(session, sequence)];
    this.put(logKey(0, n), encodeRecord({ epoch: 1, batchId: "00".repeat(8), operations }));
  }

  beat(): void {
    this.put(beatKey("gateway/1"), new Uint8Array());
  }

  put(key: string, value: Uint8Array | undefined): void {
    const version = value === undefined ? 0 : (this.#values.get(key)?.version ?? 0) + 1;
    this.#revision += 1;
    const change = { key, value, version, modRevision: this.#revision };
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, change);
    const watch = this.watches.at(-1);
    if (watch !== undefined) this.core.watchEvents(watch.id, [change], this.nowMs);
    this.#pump();
  }

  read(session: string, minRevision = 0): void {
    this.core.read(session, minRevision, this.nowMs, (answer) => this.answers.push(told(answer)));
    this.#pump();
  }

  /** What the read finds now; it may be settled later. */
  find({ range }: Read): StoreChange[] {
    const { start, end, limit } = range;
    const found = [...this.#values.values()]
      .filter(({ key }) => (end === undefined ? key === start : key >= start && key < end))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    return limit === 0 ? found : found.slice(0, limit);
  }

  settle(read: Read, values = this.find(read)): void {
    this.reads.splice(this.reads.indexOf(read), 1);
    const outcome = { type: "read" as const, values, more: false, revision: this.#revision };
    this.core.settle(read.id, outcome, this.nowMs);
    this.#pump();
  }

  fail(read: Read): void {
    this.reads.splice(this.reads.indexOf(read), 1);
    this.core.settle(read.id, { type: "failed", reason: "it is silent" }, this.nowMs);
    this.#pump();
  }

  answerAll(): void {
    for (let read = this.reads[0]; read !== undefined; read = this.reads[0]) this.settle(read);
  }

  /** The reads of one base that are under way. */
  misses(session: string): Read[] {
    return this.reads.filter(({ range }) => range.start === base + session);
  }

  /** Without heartbeats. */
  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    while (this.nowMs < untilMs) {
      this.nowMs += tickMs;
      this.core.tick(this.nowMs);
      this.#pump();
    }
  }

  #pump(): void {
    for (const effect of this.core.takeEffects()) {
      if (effect.type === "read") this.reads.push(effect);
      else if (effect.type === "watch") this.watches.push(effect);
      else if (effect.type === "cancel") {
        const at = this.reads.findIndex(({ id }) => id === effect.id);
        if (at >= 0) this.reads.splice(at, 1);
      }
    }
  }
}

function told(answer: ReadAnswer): string {
  if (answer.type === "refused") return `${answer.why}: ${answer.reason}`;
  return Buffer.from(answer.snapshot.bytes).toString();
}

function json(session: string, revision: number): string {
  return stateToJson(stateOf(session, revision)).toString();
}

/** Record 10 holds s-1's fourth operation; its base holds three, up to record 9. The LRU is empty. */
function withBase(): Driver {
  const driver = new Driver();
  driver.append(10, "s-1", 4);
  driver.put(`${base}s-1`, baseOf("s-1", 3, 9));
  driver.core.leaderChanged(0, driver.nowMs);
  driver.advance(tickMs);
  // The load, but not the warm-up.
  for (let i = 0; i < 2; i += 1) for (const read of [...driver.reads]) driver.settle(read);
  driver.beat();
  return driver;
}

function theOnly<T>(all: readonly T[]): T {
  const [one] = all;
  if (one === undefined || all.length > 1) throw new Error(`${all.length} instead of one`);
  return one;
}

test("a state that is read from the store is its base, the tail, and what came meanwhile", () => {
  const driver = withBase();
  driver.read("s-1");
  const miss = theOnly(driver.misses("s-1"));
  const found = driver.find(miss);
  driver.append(11, "s-1", 5);
  driver.settle(miss, found);
  expect(driver.answers).toEqual([json("s-1", 5)]);
});

test("a base that was read before a fold and arrives after the trim is not what is answered", () => {
  const driver = withBase();
  driver.read("s-1");
  const miss = theOnly(driver.misses("s-1"));
  const found = driver.find(miss);
  driver.append(11, "s-1", 5);
  driver.put(`${base}s-1`, baseOf("s-1", 5, 11));
  driver.append(12, "s-2", 1);
  driver.put(logKey(0, 10), undefined);
  driver.put(logKey(0, 11), undefined);
  driver.settle(miss, found);
  expect(driver.answers).toEqual([json("s-1", 5)]);
});

test("the same holds for the bases that the warm-up reads", () => {
  const driver = withBase();
  driver.advance(tickMs);
  const page = theOnly(driver.reads);
  const found = driver.find(page);
  driver.append(11, "s-1", 5);
  driver.put(`${base}s-1`, baseOf("s-1", 5, 11));
  driver.append(12, "s-2", 1);
  driver.put(logKey(0, 10), undefined);
  driver.put(logKey(0, 11), undefined);
  driver.settle(page, found);
  driver.read("s-1");
  expect(driver.core.figures).toMatchObject({ warm: true, states: 2, misses: 0 });
  expect(driver.answers).toEqual([json("s-1", 5)]);
});

test("a base that is deleted while it is read ends the session", () => {
  const driver = withBase();
  driver.append(11, "s-2", 1);
  driver.put(logKey(0, 10), undefined);
  driver.read("s-1");
  const miss = theOnly(driver.misses("s-1"));
  const found = driver.find(miss);
  driver.put(`${base}s-1`, undefined);
  driver.settle(miss, found);
  expect(driver.answers).toEqual(["not-found: no such session"]);
});

test("many reads of one session ask the store once, and again on the next member when it fails", () => {
  const driver = withBase();
  driver.read("s-1");
  driver.read("s-1", 4);
  const first = theOnly(driver.misses("s-1"));
  driver.fail(first);
  driver.advance(tickMs);
  const second = theOnly(driver.misses("s-1"));
  expect(second.member).not.toBe(first.member);
  driver.settle(second);
  expect(driver.answers).toEqual([json("s-1", 4), json("s-1", 4)]);
  expect(driver.core.figures.misses).toBe(1);
});

test("an operation of a session that nothing opens is loud: nothing is served", () => {
  const driver = withBase();
  driver.append(11, "s-3", 7);
  driver.read("s-3");
  driver.settle(theOnly(driver.misses("s-3")));
  expect(driver.core.health(driver.nowMs)).toMatchObject({
    ready: false,
    waitingFor: expect.stringContaining("session s-3 has no base"),
  });
});

test("a member whose heartbeats stop is left for one that has newer ones, and reads wait for it", () => {
  const driver = new Driver();
  driver.append(0, "s-1", 1);
  driver.start();
  const followed = driver.watches.at(-1)?.member;
  driver.advance(1020);
  driver.read("s-1");
  expect(driver.answers).toEqual([]);
  const probes = driver.reads.filter(({ range }) => range.start.startsWith("/hunt/beat/"));
  expect(probes).toHaveLength(2);
  const key = beatKey("gateway/1");
  const [stale, newer] = probes;
  if (stale === undefined || newer === undefined) throw new Error("two probes");
  driver.settle(stale, []);
  driver.settle(newer, [{ key, value: undefined, version: 1, modRevision: 1000 }]);
  driver.advance(tickMs);
  expect(driver.watches.at(-1)?.member).toBe(newer.member);
  expect(newer.member).not.toBe(followed);
  expect(driver.answers).toEqual([]);
  driver.beat();
  expect(driver.answers).toEqual([json("s-1", 1)]);
  expect(driver.core.figures.memberChanges).toBe(1);
});

test("a member is not left, however stale, when no other has a newer heartbeat", () => {
  const driver = new Driver();
  driver.start();
  driver.advance(1020);
  driver.answerAll();
  driver.advance(tickMs);
  expect(driver.watches).toHaveLength(1);
  expect(driver.reads).toEqual([]);
  driver.advance(1000);
  expect(driver.reads).toHaveLength(2);
});

test("after a pause of the proxy heartbeats that lay waiting count only once it has caught up", () => {
  const driver = new Driver();
  driver.append(0, "s-1", 1);
  driver.start();
  driver.nowMs += 5000;
  driver.beat();
  driver.read("s-1");
  expect(driver.answers).toEqual([]);
  driver.advance(tickMs);
  const proof = theOnly(driver.reads.filter(({ range }) => !range.serializable));
  const outcome = { type: "read" as const, values: [], more: false, revision: 1000 };
  driver.core.settle(proof.id, outcome, driver.nowMs);
  driver.beat();
  expect(driver.answers).toEqual([]);
  const last = driver.watches.at(-1)?.id ?? 0;
  const caughtUp = { key: beatKey("gateway/1"), value: undefined, version: 9, modRevision: 1000 };
  driver.core.watchEvents(last, [caughtUp], driver.nowMs);
  expect(driver.answers).toEqual([json("s-1", 1)]);
});

test("a read that comes while everything is loaded again is answered by the new load", () => {
  const driver = new Driver();
  driver.append(0, "s-1", 1);
  driver.start();
  const watch = driver.watches.at(-1)?.id ?? 0;
  driver.core.watchEnded(watch, { reason: "compacted", compacted: true }, driver.nowMs);
  driver.read("s-1");
  expect(driver.answers).toEqual([]);
  driver.advance(2 * tickMs);
  driver.answerAll();
  expect(driver.answers).toEqual([json("s-1", 1)]);
});

test("a cache without room for two states serves both, one miss at a time", () => {
  const driver = new Driver(1300);
  for (const session of ["s-1", "s-2"]) driver.put(base + session, baseOf(session, 3, 0));
  driver.append(1, "s-9", 1);
  driver.start();
  for (const session of ["s-1", "s-2", "s-1", "s-2"]) {
    driver.read(session);
    driver.answerAll();
  }
  const both = [json("s-1", 3), json("s-2", 3)];
  expect(driver.answers).toEqual([...both, ...both]);
  expect(driver.core.figures.states).toBe(1);
  expect(driver.core.figures.misses).toBeGreaterThanOrEqual(3);
});
