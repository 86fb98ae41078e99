import { expect, test } from "vitest";
import { integrate } from "./curve.ts";
import type { LoadPlan } from "./load-plan.ts";
import { planOverTime } from "./plan-over-time.ts";

const spike: LoadPlan = {
  seed: 1,
  durationS: 60,
  players: [
    [0, 1000],
    [30, 1000],
    [30, 8000],
  ],
  rate: [
    [0, 100],
    [31, 100],
    [32, 1000],
    [33, 100],
  ],
  readRatio: 0.5,
  skew: 1,
  mix: { dig_started: 30, tiles_revealed: 50, loot_claimed: 20 },
  timeoutMs: 5_000,
};

test("a step of the plan over time says the mean, and the peak that the mean hides", () => {
  const steps = planOverTime(spike);
  expect(steps[5]).toEqual({
    fromS: 25,
    toS: 30,
    players: 1000,
    digsPerS: 100,
    peakDigsPerS: 100,
    readsPerS: 50,
  });
  expect(steps[6]).toMatchObject({
    fromS: 30,
    toS: 35,
    players: 8000,
    digsPerS: 280,
    peakDigsPerS: 1000,
    readsPerS: 140,
  });
});

test.each([1, 7, 15, 61, 90, 360, 601, 3_700, 86_400])(
  "the steps of a plan of %i s are at most 20, and hold all that is due",
  (durationS) => {
    const plan = { ...spike, durationS };
    const steps = planOverTime(plan);
    expect(steps.length).toBeLessThanOrEqual(20);
    expect(steps.at(-1)?.toS).toBe(durationS);
    const due = steps.reduce((sum, { fromS, toS, digsPerS }) => sum + (toS - fromS) * digsPerS, 0);
    expect(due).toBeCloseTo(integrate(plan.rate, 0, durationS), 3);
  },
);
