/** Deduplication (rule 13): what becomes of an operation, given what was applied and is under way. */
import { describe, expect, test } from "vitest";
import { type Asked, dig, opened } from "../../../../../test/sessions/log/test-gateways.ts";
import { operationDigest } from "../../game/operation-digest.ts";
import { operationKinds } from "../../gateway/session-writer.ts";
import { PendingOperation } from "../partition/pending-operation.ts";
import { SessionTable } from "./session-table.ts";

function tableOf(applied: readonly Asked[], underWay: readonly Asked[] = []): SessionTable {
  const table = new SessionTable({ digestOf: operationDigest, knownSessionsMax: 100 });
  table.complete = true;
  for (const operation of applied) apply(table, operation);
  for (const operation of underWay) accept(table, operation);
  return table;
}

function accept(table: SessionTable, operation: Asked): PendingOperation {
  const digest = operationDigest(operation);
  const admission = table.admit(operation, digest, 0);
  if (admission.type !== "accept") throw new Error(admission.type);
  const facts = { digest, bytes: 10, nowMs: 0 };
  const pending = new PendingOperation({ ref: 1n, ...operation }, () => undefined, facts);
  table.hold(admission.session, pending);
  return pending;
}

function apply(table: SessionTable, operation: Asked): void {
  table.apply(accept(table, operation), 1);
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => dig("a", from + i));
const on = (device: number) => dig("a", 1, device);
const otherPayload = { ...dig("a", 2), field1: 99 };
const closed: Asked = { ...dig("a", 3), kind: operationKinds.sessionClosed, field1: 0 };

describe("SessionTable", () => {
  test.each<[string, Asked[], Asked[], Asked, string]>([
    ["new", [opened("a")], [], dig("a", 2), "accept"],
    ["applied", [opened("a"), dig("a", 2)], [], dig("a", 2), "applied"],
    ["applied with another payload", [opened("a"), dig("a", 2)], [], otherPayload, "fail"],
    ["under way", [opened("a")], [dig("a", 2)], dig("a", 2), "join"],
    ["under way with another payload", [opened("a")], [dig("a", 2)], otherPayload, "fail"],
    ["a gap in the window", [opened("a"), dig("a", 5)], [], dig("a", 3), "accept"],
    ["at the window's end, applied", [opened("a"), ...range(2, 64)], [], opened("a"), "applied"],
    ["at the window's end, not", [opened("a"), dig("a", 65)], [], dig("a", 2), "accept"],
    ["below the window", [opened("a"), dig("a", 66)], [], dig("a", 2), "unknown"],
    ["below it, applied", [opened("a"), ...range(2, 66)], [], dig("a", 2), "unknown"],
    ["below it by what is under way", [opened("a")], [dig("a", 66)], dig("a", 2), "unknown"],
    ["far ahead", [opened("a"), ...range(2, 10)], [], dig("a", 4_000_000_000), "accept"],
    ["the 32nd outstanding", [opened("a")], range(2, 32), dig("a", 33), "accept"],
    ["the 33rd outstanding", [opened("a")], range(2, 33), dig("a", 34), "fail"],
    ["the 8th device", [opened("a"), ...[2, 3, 4].map(on)], [5, 6, 7].map(on), on(8), "accept"],
    ["the 9th device", [opened("a"), ...[2, 3, 4].map(on)], [5, 6, 7, 8].map(on), on(9), "fail"],
    ["no session", [], [], dig("a", 2), "fail"],
    ["opening", [], [], opened("a"), "accept"],
    ["opening at another sequence", [], [], { ...opened("a"), sequence: 2 }, "fail"],
    ["behind its opening", [], [opened("a")], dig("a", 2), "accept"],
    ["a second opening", [opened("a")], [], { ...opened("a"), device: 2 }, "fail"],
    ["after the closing", [opened("a"), closed], [], dig("a", 4), "fail"],
    ["behind the closing", [opened("a")], [closed], dig("a", 4), "fail"],
    ["applied, after the closing", [opened("a"), dig("a", 2), closed], [], dig("a", 2), "applied"],
  ])("%s", (_name, applied, underWay, operation, expected) => {
    const table = tableOf(applied, underWay);
    expect(table.admit(operation, operationDigest(operation), 0).type).toBe(expected);
  });

  test("windows of many devices and sessions agree with a plain set of applied sequences", () => {
    const table = tableOf([opened("a")]);
    const applied = new Map<number, Set<number>>([[1, new Set([1])]]);
    let seed = 7;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed % below;
    };
    const highest = new Map<number, number>();
    for (let i = 0; i < 20_000; i += 1) {
      const device = 1 + random(8);
      const top = highest.get(device) ?? 0;
      const sequence = Math.max(1, top - 80 + random(random(10) === 0 ? 160 : 84));
      const operation = dig("a", sequence, device);
      const digest = operationDigest(operation);
      const known = applied.get(device) ?? new Set();
      const isOpening = device === 1 && sequence === 1;
      const expected =
        sequence <= top - 64 ? "unknown" : known.has(sequence) ? "applied" : "accept";
      const actual = table.admit(operation, digest, 0).type;
      if (!isOpening) expect([sequence, top, actual]).toEqual([sequence, top, expected]);
      if (expected !== "accept" || isOpening) continue;
      apply(table, operation);
      applied.set(device, known.add(sequence));
      highest.set(device, Math.max(top, sequence));
    }
  });
});
