import { expect, test } from "vitest";
import { stormWorldOf } from "../../lanes/faults-of-lanes.ts";
import { lanes } from "../../lanes/lanes.ts";
import { resolveScenario } from "../../scenarios/resolve-scenario.ts";
import { endOf } from "./schedule.ts";
import { drawStorm, parseStorm } from "./storm.ts";

const world = stormWorldOf(lanes.map((lane) => ({ lane, ...lane.readFlags({ gateways: "1" }) })));
const seeds = Array.from({ length: 300 }, (_, seed) => seed);
const played = (seed: number, storm = "at 20s for 30s") =>
  resolveScenario({ scenario: "smoke", durationS: 60, seed, storm });

test("the same seed draws the same storm, and other seeds other ones", async () => {
  expect((await played(7)).faults).toEqual((await played(7)).faults);
  const different = await Promise.all(seeds.slice(0, 50).map((seed) => played(seed)));
  expect(new Set(different.map(({ faults }) => JSON.stringify(faults))).size).toBe(50);
});

test("every fault of a storm lies within it, and no two at a time act on etcd or on services", async () => {
  const tracks = new Map<string, number>();
  for (const seed of seeds) {
    const ends = { etcd: 0, service: 0 };
    for (const fault of (await played(seed)).faults) {
      const track = fault.selector.startsWith("etcd/") ? "etcd" : "service";
      expect(fault.atS).toBeGreaterThanOrEqual(Math.max(20, ends[track]));
      expect(endOf(fault)).toBeLessThanOrEqual(50);
      ends[track] = endOf(fault);
      tracks.set(`${fault.kind} ${track}`, seed);
    }
  }
  expect([...tracks.keys()].sort()).toEqual(
    [
      "defragment etcd",
      ...["kill", "leader-transfer", "pause", "restart", "stop"].map((kind) => `${kind} etcd`),
      ...["kill", "pause", "restart", "stop"].map((kind) => `${kind} service`),
    ].sort(),
  );
});

test("a storm draws from the kinds that it is told, and from the gateways that there are", () => {
  for (const seed of seeds) {
    const faults = drawStorm(parseStorm("at 20s for 30s of kill,compact", world), seed, world);
    expect(faults.length).toBeGreaterThan(0);
    for (const { kind, selector } of faults) {
      expect(["kill", "compact"]).toContain(kind);
      expect(selector).not.toBe("gateway/2");
    }
  }
});

test("a storm is followed by a recovery and then by a phase in which all makes progress", async () => {
  const { phases } = await played(1);
  expect(phases.at(-1)).toEqual({ name: "liveness", startS: 55, endS: 60 });
  expect(phases.at(-2)).toMatchObject({ name: "recovery", endS: 55 });
});

test.each([
  ["at 20s", /expected 'at 20s for 30s'/],
  ["at 20s for 30s of kil", /no storm has "kil"\. Did you mean 'kill'/],
  ["at 20s for 2s", /lasts 3\.5 s at least/],
  ["at 20s for 31s", /10 s of load have to follow/],
  ["at 2s for 30s", /warms up until 16 s/],
])("the storm '%s' is refused before anything is started", async (storm, words) => {
  await expect(async () => played(1, storm)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(words),
  });
});
