import { expect, test } from "vitest";
import type { LoadPlan } from "../../load/plan/load-plan.ts";
import { resolveScenario } from "../../scenarios/resolve-scenario.ts";
import { reportsNeeded, type SpacePart, type TempFacts, tempNeeded } from "./space-needed.ts";

const log = { wal: 60, db: 55 };

async function planOf(scenario: string, durationS?: number): Promise<LoadPlan> {
  const request = { scenario, faults: [], gateways: 2, withoutFaults: true };
  const { plan } = await resolveScenario(
    durationS === undefined ? request : { ...request, durationS },
  );
  return plan;
}

async function temp(
  scenario: string,
  change: Partial<NonNullable<TempFacts["run"]>> = {},
  facts: Partial<TempFacts> = {},
) {
  const plan = await planOf(scenario);
  const run = { plan, storeBytesPerDig: log, warmFollower: true, filled: false, ...change };
  return tempNeeded({ members: 3, quotaBytes: undefined, run, ...facts });
}

function sumMb(parts: readonly SpacePart[], certain = false): number {
  const counted = parts.filter(({ likely }) => !certain || likely !== true);
  return counted.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
}

// Measured with du: 516 MB below TMPDIR and 1.5 MB of recording by smoke, 560 MB and 27 MB by starlight-rush.
test("what a run is said to need covers what smoke and the default run were measured to take", async () => {
  const smoke = await temp("smoke");
  expect(sumMb(smoke)).toBeGreaterThan(516);
  // A snapshot is not taken with less than 256 MiB free beside what the members have.
  expect(sumMb(smoke, true)).toBeGreaterThan(3 * 128 + 268);
  expect(sumMb(smoke)).toBeLessThan(700);
  const rush = await temp("starlight-rush");
  expect(sumMb(rush)).toBeGreaterThan(560);
  expect(sumMb(rush)).toBeLessThan(900);
  expect(sumMb(reportsNeeded(await planOf("smoke")))).toBeGreaterThan(1.5);
  const recorded = sumMb(reportsNeeded(await planOf("starlight-rush")));
  expect(recorded).toBeGreaterThan(27);
  expect(recorded).toBeLessThan(45);
});

test("each member costs two files of 64 MB, and the warm follower what its snapshots ask for", async () => {
  const with3 = sumMb(await temp("smoke"), true);
  expect(sumMb(await temp("smoke", {}, { members: 5 }), true) - with3).toBe(256);
  const without = sumMb(await temp("smoke", { warmFollower: false }), true);
  expect(with3 - without).toBeCloseTo(268.4, 1);
  expect(sumMb(tempNeeded({ members: 3, quotaBytes: undefined }))).toBe(384);
});

test("a store grows with the plan, up to its quota, and its logs up to the files that etcd keeps", async () => {
  const naive = { wal: 4_300, db: 5_100 };
  const growth = async (durationS: number, quotaBytes?: number) => {
    const plan = await planOf("steady", durationS);
    const parts = await temp("steady", { plan, storeBytesPerDig: naive }, { quotaBytes });
    const of = (what: string) => (parts.find((part) => part.what === what)?.bytes ?? 0) / 3e6;
    return { logs: of("growth of the logs"), databases: of("growth of the databases") };
  };
  const short = await growth(60);
  const long = await growth(36_000);
  expect(short.databases).toBeGreaterThan(100);
  expect(long.databases).toBeCloseTo((2 * 1024 ** 3) / 1e6);
  expect((await growth(36_000, 64e6)).databases).toBe(64);
  expect(long.logs).toBeGreaterThan(short.logs);
  expect(long.logs).toBeLessThan(1_000);
});

test("a fault that fills the store up needs its quota once in the log and once in the database", async () => {
  const facts = { quotaBytes: 64e6 };
  const filled = sumMb(await temp("smoke", { filled: true, warmFollower: false }, facts));
  const usual = sumMb(await temp("smoke", { warmFollower: false }, facts));
  expect(filled - usual).toBeGreaterThan(3 * 120);
});
