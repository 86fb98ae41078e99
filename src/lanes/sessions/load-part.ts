/** What a scenario says of the load on sessions: digs by `rate`, and reads on top of them. */
import { z } from "zod";
import {
  defaultKeepAliveS,
  defaultShares,
  type LoadPlan,
  readProtocols,
} from "../../load/plan/load-plan.ts";
import { secondsPerDig } from "../../load/plan/reshape-plan.ts";
import { numberProblems } from "../../load/plan/validate-plan.ts";
import { curveSchema, type LaneLoad } from "../lane-load.ts";

const weight = z.number().nonnegative();

export const sessionsLoad: LaneLoad = {
  part: z.strictObject({
    rate: curveSchema,
    readRatio: weight.default(0.25),
    mix: z
      .strictObject({ dig_started: weight, tiles_revealed: weight, loot_claimed: weight })
      .default({ dig_started: 30, tiles_revealed: 50, loot_claimed: 20 }),
    timeoutMs: z.number().positive().default(5_000),
    keepAliveS: weight.default(defaultKeepAliveS),
    readProtocol: z.enum(readProtocols).default("http"),
    readOwnWrites: z.boolean().default(false),
    twoDeviceShare: z.number().min(0).max(1).default(defaultShares.twoDeviceShare),
    auditedShare: z.number().min(0).max(1).default(defaultShares.auditedShare),
  }),
  defaults: defaultShares,
  problems: planProblems,
  counts: ({ readRatio }) => [
    { what: "digs", each: 1 },
    { what: "reads", each: readRatio },
  ],
  secondsPerAction: secondsPerDig,
};

const limits = {
  timeoutMs: 60_000,
  keepAliveS: { min: 0.1, max: 86_400 },
  readRatio: 100,
} as const;

/** What a number can't be, whoever wrote it: within the bounds of native/k6/plan. */
function planProblems(plan: LoadPlan): string[] {
  const mix = Object.entries(plan.mix);
  const { keepAliveS = 0, readProtocol = "http" } = plan;
  const { min, max } = limits.keepAliveS;
  return [
    ...numberProblems("readRatio", plan.readRatio, 0, limits.readRatio),
    ...numberProblems("timeoutMs", plan.timeoutMs, 1, limits.timeoutMs),
    ...numberProblems("twoDeviceShare", plan.twoDeviceShare ?? 0, 0, 1),
    ...numberProblems("auditedShare", plan.auditedShare ?? 0, 0, 1),
    ...mix.flatMap(([kind, each]) => numberProblems(`mix.${kind}`, each, 0, 1_000_000)),
    ...(keepAliveS === 0
      ? []
      : numberProblems("keepAliveS, if it is not 0,", keepAliveS, min, max)),
    ...(readProtocols.includes(readProtocol)
      ? []
      : [`readProtocol must be one of ${readProtocols.join(", ")}, got ${readProtocol}`]),
    ...(mix.every(([, each]) => each === 0)
      ? ["mix: at least one weight must be above 0, got only zeros"]
      : []),
  ];
}
