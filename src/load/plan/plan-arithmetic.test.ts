import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CurvePoint, LoadPlan } from "./load-plan.ts";
import { planned } from "./planned.ts";
import { compressPlan, scalePlan, stretchPhases, stretchPlan } from "./reshape-plan.ts";

const vectors = new URL("../../../test/fixtures/load-plan/", import.meta.url);

function planOf(rate: readonly CurvePoint[], durationS: number): LoadPlan {
  return {
    seed: 1,
    durationS,
    players: [
      [0, 700],
      [durationS, 1400],
    ],
    rate,
    readRatio: 0.25,
    skew: 1,
    mix: { dig_started: 30, tiles_revealed: 50, loot_claimed: 20 },
    timeoutMs: 5_000,
  };
}

describe("planned counts", () => {
  const files = readdirSync(vectors).filter((name) => name.endsWith(".json"));
  test("there are vectors that the swarm is held to as well", () => {
    expect(files.length).toBeGreaterThan(3);
  });

  test.each(files)("are the area under the curve, as the swarm computes it: %s", (name) => {
    const vector = JSON.parse(readFileSync(new URL(name, vectors), "utf8")) as {
      durationS: number;
      curve: CurvePoint[];
      integrated: number[];
    };
    const plan = planOf(vector.curve, vector.durationS);
    const seconds = vector.integrated.map((_, second) => planned(plan, second).digs);
    for (const [second, digs] of seconds.entries()) {
      expect(digs, `second ${second}`).toBeCloseTo(vector.integrated[second] ?? Number.NaN, 6);
    }
    expect(planned(plan, Math.ceil(vector.durationS)).digs).toBe(0);
  });

  test("include reads by their ratio and the players of the moment", () => {
    const plan = planOf([[0, 100]], 10);
    expect(planned(plan, 4)).toEqual({ digs: 100, reads: 25, players: 1015 });
    expect(planned(plan, -1).digs).toBe(0);
  });
});

describe("a reshaped plan", () => {
  const curve: CurvePoint[] = [
    [0, 100],
    [60, 200],
    [120, 50],
  ];

  test("keeps its rates and has its time divided by the speed", () => {
    const plan = compressPlan(planOf(curve, 120), 4);
    expect(plan.durationS).toBe(30);
    expect(plan.rate).toEqual([
      [0, 100],
      [15, 200],
      [30, 50],
    ]);
    expect(plan.players).toEqual([
      [0, 700],
      [30, 1400],
    ]);
    expect(plan.timeoutMs).toBe(5_000);
  });

  test("ends on a whole second with its last point still at the end", () => {
    const plan = compressPlan(planOf(curve, 120), 7);
    expect(plan.durationS).toBe(17);
    expect(plan.rate.at(-1)?.[0]).toBeCloseTo(17, 9);
    expect(stretchPlan(planOf(curve, 120), 0.2).durationS).toBe(1);
  });

  test("ends with its last point at the end, whatever its length was and is", () => {
    for (let fromS = 1; fromS <= 400; fromS += 1) {
      const written = planOf([[fromS, 100]], fromS);
      for (const toS of [1, 7, 17, 29, 60, 93, 360]) {
        expect(stretchPlan(written, toS).rate, `${fromS} to ${toS}`).toEqual([[toS, 100]]);
      }
    }
  });

  test("has the asked peaks and its own shape; players alone carry the rate along", () => {
    const byPlayers = scalePlan(planOf(curve, 120), { players: 2800 });
    expect(byPlayers.players).toEqual([
      [0, 1400],
      [120, 2800],
    ]);
    expect(byPlayers.rate.map(([, rate]) => rate)).toEqual([200, 400, 100]);
    const byRate = scalePlan(planOf(curve, 120), { ratePerS: 1000 });
    expect(byRate.rate.map(([, rate]) => rate)).toEqual([500, 1000, 250]);
    expect(byRate.players).toEqual(planOf(curve, 120).players);
  });

  test("has phases on whole seconds without a gap, and none that became empty", () => {
    const phases = [
      { name: "warmup", startS: 0, endS: 36 },
      { name: "blip", startS: 36, endS: 37 },
      { name: "steady", startS: 37, endS: 120 },
    ];
    expect(stretchPhases(phases, 120, 17)).toEqual([
      { name: "warmup", startS: 0, endS: 5 },
      { name: "steady", startS: 5, endS: 17 },
    ]);
  });

  test("is refused for a speed, rate or number of players that can't be, all named at once", () => {
    const plan = planOf(curve, 120);
    expect(() => compressPlan(plan, 0)).toThrow("--speed must be a number above 0");
    expect(() => stretchPlan(plan, -5)).toThrow("got -5");
    expect(() => scalePlan(plan, { players: 0, ratePerS: Number.NaN })).toThrow(
      /--rate must be .* got NaN[\s\S]*--players must be .* got 0/,
    );
  });
});
