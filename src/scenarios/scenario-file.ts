/** A scenario from a YAML file: the same data as a built-in one, checked at the boundary. */

import { readFile } from "node:fs/promises";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import { defaultKeepAliveS, defaultShares, readProtocols } from "../load/plan/load-plan.ts";
import { optional } from "../optional.ts";
import { reasonOf } from "../reason-of.ts";
import { networkNames } from "../topology/networks.ts";
import { phaseProblem } from "./phase-problem.ts";
import type { PhaseName, Scenario } from "./scenario.ts";

const curve = z.array(z.tuple([z.number(), z.number()])).min(1);

const phaseName = z
  .enum(["warmup", "ramp", "spike", "steady", "recovery", "cooldown"])
  .transform((name): PhaseName => name);

const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().default(""),
  lane: z.literal("sessions").default("sessions"),
  defaultSpeed: z.number().positive().default(1),
  plan: z.strictObject({
    seed: z.number().int().nonnegative().default(1),
    durationS: z.number().int().positive(),
    players: curve,
    rate: curve,
    readRatio: z.number().nonnegative().default(0.25),
    skew: z.number().nonnegative().default(1),
    mix: z
      .strictObject({
        dig_started: z.number().nonnegative(),
        tiles_revealed: z.number().nonnegative(),
        loot_claimed: z.number().nonnegative(),
      })
      .default({ dig_started: 30, tiles_revealed: 50, loot_claimed: 20 }),
    timeoutMs: z.number().positive().default(5_000),
    keepAliveS: z.number().nonnegative().default(defaultKeepAliveS),
    readProtocol: z.enum(readProtocols).default("http"),
    readOwnWrites: z.boolean().default(false),
    twoDeviceShare: z.number().min(0).max(1).default(defaultShares.twoDeviceShare),
    networks: z.partialRecord(z.enum(networkNames), z.number().positive()).optional(),
    auditedShare: z.number().min(0).max(1).default(defaultShares.auditedShare),
  }),
  phases: z
    .array(
      z.strictObject({
        name: phaseName,
        startS: z.number().int().nonnegative(),
        endS: z.number().int().positive(),
      }),
    )
    .min(1),
  faults: z.array(z.string()).default([]),
  storm: z.string().optional(),
  budgets: z.array(z.string()).default([]),
});

export function isScenarioFile(name: string): boolean {
  return name.endsWith(".yaml") || name.endsWith(".yml");
}

/** @throws HuntError (exit code 2) that names the file and the field. */
export async function readScenarioFile(path: string): Promise<Scenario> {
  const parsed = scenarioSchema.safeParse(await readYaml(path));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join(".") || "document"}: ${issue.message}`,
    );
    throw fileError(path, problems.join("; "));
  }
  const { storm, plan, ...data } = parsed.data;
  const { networks, ...load } = plan;
  const scenario = {
    ...data,
    plan: { ...load, ...optional({ networks }) },
    ...optional({ storm }),
  };
  const problem = phaseProblem(scenario.phases, scenario.plan.durationS);
  if (problem !== undefined) throw fileError(path, problem);
  return scenario;
}

async function readYaml(path: string): Promise<unknown> {
  try {
    return parse(await readFile(path, "utf8"), { prettyErrors: true });
  } catch (error) {
    if (error instanceof YAMLParseError) throw fileError(path, error.message);
    throw fileError(path, reasonOf(error));
  }
}

function fileError(path: string, problem: string): HuntError {
  return new HuntError({
    code: "usage.scenario-file",
    message: `scenario file ${path}: ${problem}`,
    exitCode: exitCodes.usage,
    hint: "Nothing was started. docs/writing-a-scenario.md describes the fields.",
  });
}
