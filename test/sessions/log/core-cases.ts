/** For tests of the core: keys, heartbeats and calls by name, and a core with an open session. */
import {
  applyOperation,
  initialState,
  revisionOf,
  type SessionState,
} from "../../../src/reference-backend/sessions/game/session-state.ts";
import { decodeBase } from "../../../src/reference-backend/sessions/log/format/base.ts";
import {
  baseKey,
  encodeValue,
  logPrefix,
  ownerKey,
  recordNumber,
} from "../../../src/reference-backend/sessions/log/format/keys.ts";
import { decodeRecord } from "../../../src/reference-backend/sessions/log/format/record.ts";
import type { LogLimits } from "../../../src/reference-backend/sessions/log/partition/log-limits.ts";
import type { FailedOutcome } from "../../../src/reference-backend/sessions/log/store/store-call.ts";
import { type Call, CoreDriver } from "./core-driver.ts";
import type { ModelStore } from "./model-store.ts";
import { type Asked, opened } from "./test-gateways.ts";

export const lost: FailedOutcome = { type: "failed", applied: "maybe", reason: "lost" };
/** What etcd says from its quota on. */
export const full: FailedOutcome = {
  type: "failed",
  applied: "no",
  reason: "mvcc: database space exceeded",
  full: true,
};
const other = { instance: "other", name: "gateway/2", address: "host:2" };

/** A serving core with session "a" open. */
export function withSession(): CoreDriver {
  const driver = CoreDriver.serving();
  const ref = driver.submit(opened("a"));
  driver.advance(5);
  driver.settleAll();
  if (driver.outcome(ref) !== "ok") throw new Error("the session was not opened");
  return driver;
}

export function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (items.length !== 1 || item === undefined) throw new Error(`${items.length} items, not one`);
  return item;
}

/** Lets time pass with a store that answers at once. */
export function pass(
  driver: CoreDriver,
  ms: number,
  eachStep: () => void = () => undefined,
  stepMs = 50,
): void {
  const untilMs = driver.nowMs + ms;
  while (driver.nowMs < untilMs) {
    driver.advance(Math.min(stepMs, untilMs - driver.nowMs));
    driver.settleAll();
    eachStep();
  }
}

export function ask(driver: CoreDriver, asked: Asked): string | undefined {
  const ref = driver.submit(asked);
  driver.advance(5);
  driver.settleAll();
  return driver.outcome(ref);
}

/** Another gateway that takes the partition over. */
export function successor(
  store: ModelStore,
  number: number,
  options: { nowMs?: number; limits?: Partial<LogLimits> } = {},
): CoreDriver {
  const driver = new CoreDriver(store, number, { limits: options.limits ?? {} });
  driver.nowMs = options.nowMs ?? 0;
  driver.start();
  pass(driver, 1000);
  if (driver.counters.takeovers !== 1) throw new Error("it took nothing over");
  return driver;
}

/** What a session's base and the records kept make of it, as any reader would. */
export function storedState(store: ModelStore, session: string): SessionState | undefined {
  const stored = store.values.get(baseKey(0, session));
  const base = stored === undefined ? undefined : decodeBase(session, stored.value);
  const state = base?.state ?? initialState(session, 0);
  for (const key of store.keys(logPrefix(0))) {
    if (recordNumber(0, key) <= (base?.n ?? -1)) continue;
    const { operations } = decodeRecord(store.values.get(key)?.value ?? new Uint8Array());
    for (const operation of operations) {
      if (operation.session === session) applyOperation(state, operation);
    }
  }
  return revisionOf(state) === 0 ? undefined : state;
}

export function takeOver(store: ModelStore): void {
  store.put(ownerKey(0), encodeValue(other));
}

export function beatOf(store: ModelStore): void {
  store.put("/hunt/beat/gateway-2", encodeValue({ ...other, count: 1, leaving: false }));
}

export function putsOwner({ request }: Call): boolean {
  return request.type === "txn" && request.puts[0]?.key === ownerKey(0);
}

export function putsBeat({ request }: Call): boolean {
  return request.type === "txn" && request.puts[0]?.key.startsWith("/hunt/beat/") === true;
}

/** A log that folds after a few records. */
export const small: Partial<LogLimits> = {
  foldTailBytes: 2000,
  tailBytesMax: 8000,
  foldSessions: 4,
  foldPauseMs: 5,
};

/** Number of the oldest record of partition 0 that is not trimmed. */
export const oldestKept = (store: ModelStore) => recordNumber(0, store.keys(logPrefix(0))[0] ?? "");
