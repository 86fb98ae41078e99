/** For tests of the core: keys, heartbeats and calls by name, and a core with an open session. */
import { type Call, CoreDriver } from "./core-driver.ts";
import { encodeValue, ownerKey } from "./keys.ts";
import type { ModelStore } from "./model-store.ts";
import type { FailedOutcome } from "./store-call.ts";
import { opened } from "./test-gateways.ts";

export const LOST: FailedOutcome = { type: "failed", applied: "maybe", reason: "lost" };
const OTHER = { instance: "other", name: "gateway/2", address: "host:2" };

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

export function takeOver(store: ModelStore): void {
  store.put(ownerKey(0), encodeValue(OTHER));
}

export function beatOf(store: ModelStore): void {
  store.put("/hunt/beat/gateway-2", encodeValue({ ...OTHER, count: 1, leaving: false }));
}

export function putsOwner({ request }: Call): boolean {
  return request.type === "txn" && request.puts[0]?.key === ownerKey(0);
}

export function putsBeat({ request }: Call): boolean {
  return request.type === "txn" && request.puts[0]?.key.startsWith("/hunt/beat/") === true;
}
