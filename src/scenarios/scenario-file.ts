/**
 * A scenario from a YAML file: the same data as a built-in one, checked at the boundary. `lanes` holds each
 * lane's part of the load; a file without it plays one lane, whose part stands under `plan`.
 */

import { readFile } from "node:fs/promises";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import type { Lane } from "../lanes/lane.ts";
import { curveSchema, type LanePart } from "../lanes/lane-load.ts";
import { optional } from "../optional.ts";
import { reasonOf } from "../reason-of.ts";
import { suggestionFor } from "../suggestion.ts";
import { networkNames } from "../topology/networks.ts";
import { phaseProblem } from "./phase-problem.ts";
import type { PhaseName, Scenario } from "./scenario.ts";

const phaseName = z
  .enum(["warmup", "ramp", "spike", "steady", "recovery", "cooldown"])
  .transform((name): PhaseName => name);

const sharedPlan = z.object({
  seed: z.number().int().nonnegative().default(1),
  durationS: z.number().int().positive(),
  players: curveSchema,
  skew: z.number().nonnegative().default(1),
  networks: z.partialRecord(z.enum(networkNames), z.number().positive()).optional(),
});

const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().default(""),
  lane: z.string().optional(),
  lanes: z.record(z.string(), z.unknown()).optional(),
  defaultSpeed: z.number().positive().default(1),
  plan: z.looseObject(sharedPlan.shape),
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

/** Of a file that names none. */
const defaultLane = "sessions";

export function isScenarioFile(name: string): boolean {
  return name.endsWith(".yaml") || name.endsWith(".yml");
}

/** @param known The lanes that there are. @throws HuntError (exit code 2) that names the file and the field. */
export async function readScenarioFile(path: string, known: readonly Lane[]): Promise<Scenario> {
  const parsed = scenarioSchema.safeParse(await readYaml(path));
  if (!parsed.success) throw fileError(path, problemsOf(parsed.error).join("; "));
  const { storm, plan, lane, lanes, ...data } = parsed.data;
  const { seed, durationS, players, skew, networks, ...rest } = plan;
  const parts = partsOf({ lane, lanes, rest }, known);
  if (typeof parts === "string") throw fileError(path, parts);
  const problem = phaseProblem(data.phases, durationS);
  if (problem !== undefined) throw fileError(path, problem);
  return {
    ...data,
    plan: { seed, durationS, players, skew, ...optional({ networks }) },
    lanes: parts,
    ...optional({ storm }),
  };
}

interface WrittenParts {
  readonly lane: string | undefined;
  readonly lanes: Readonly<Record<string, unknown>> | undefined;
  /** What stands under `plan` beside what all lanes share. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** Each lane's part by its own schema, or what is wrong with them. */
function partsOf(
  { lane, lanes, rest }: WrittenParts,
  known: readonly Lane[],
): Readonly<Record<string, LanePart>> | string {
  const [stray] = Object.keys(rest);
  if (lanes !== undefined && stray !== undefined) {
    return `plan.${stray}: with lanes, what one of them plays stands under lanes.ID`;
  }
  if (lanes !== undefined && lane !== undefined) return "lane and lanes: expected one of them";
  const written = Object.entries(lanes ?? { [lane ?? defaultLane]: rest });
  if (written.length === 0) return "lanes: expected one lane at least";
  const problems: string[] = [];
  const parts: Record<string, LanePart> = {};
  for (const [id, part] of written) {
    const load = known.find((each) => each.id === id)?.load;
    const place = lanes === undefined ? "plan" : `lanes.${id}`;
    const read = load?.part.safeParse(part);
    if (read === undefined) {
      const ids = known.map((each) => each.id);
      problems.push(
        `${lanes === undefined ? "lane" : place}: there is no lane "${id}". ${suggestionFor(id, ids)}`,
      );
    } else if (read.success) parts[id] = read.data;
    else problems.push(...problemsOf(read.error, place));
  }
  return problems.length > 0 ? problems.join("; ") : parts;
}

function problemsOf(error: z.ZodError, place?: string): string[] {
  return error.issues.map(({ path, message }) => {
    const at = [...(place === undefined ? [] : [place]), ...path].join(".");
    return `${at || "document"}: ${message}`;
  });
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
