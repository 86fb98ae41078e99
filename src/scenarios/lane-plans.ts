/** The plan of each lane that plays: what all share, the lane's own part, and what the operator changed of both. */
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import type { ChosenLane } from "../lanes/lane.ts";
import { readCsvPlan } from "../load/plan/csv-plan.ts";
import { peak, valueAt } from "../load/plan/curve.ts";
import type { LoadGenerator, LoadPlan } from "../load/plan/load-plan.ts";
import { compressPlan, scalePlan, stretchPlan } from "../load/plan/reshape-plan.ts";
import { checkPlan } from "../load/plan/validate-plan.ts";
import type { RecordedCurve } from "../load/recorded/recorded-curve.ts";
import { optional } from "../optional.ts";
import type { Scenario } from "./scenario.ts";

/** What changes the plans of a scenario. */
export interface PlanRequest {
  readonly players?: number;
  /** Arrivals per second at the peak, of all lanes together; they keep their shares. */
  readonly ratePerS?: number;
  /** The same of single lanes, by id. */
  readonly ratesPerS?: Readonly<Record<string, number>>;
  readonly durationS?: number;
  readonly speed?: number;
  /** A CSV file whose values become the curve of the rate. */
  readonly planFile?: string;
  readonly playedBy?: LoadGenerator;
  /** Weights of the networks that the players sit on. */
  readonly networks?: NonNullable<LoadPlan["networks"]>;
  readonly skew?: number;
  readonly seed?: number;
}

export interface LanePlans {
  /** In the order in which the lanes were chosen. */
  readonly plans: Readonly<Record<string, LoadPlan>>;
  /** When the rate is that of recorded traffic. */
  readonly recorded?: RecordedCurve;
}

/** @throws HuntError (exit code 2) that names what is wrong. */
export async function lanePlans(
  written: Scenario,
  chosen: readonly ChosenLane[],
  request: PlanRequest,
): Promise<LanePlans> {
  const drawn = chosen.map((each) => ({ ...each, plan: writtenPlan(written, each) }));
  const nameOf = (id: string) =>
    `scenario ${written.name}${chosen.length > 1 ? `, lane ${id}` : ""}`;
  // A scenario from a file may be impossible as written; stretching it would only hide where.
  for (const { lane, plan } of drawn) {
    checkPlan(plan, nameOf(lane.id), lane.load.problems(plan));
  }
  const stretched = drawn.map((each) => ({ ...each, plan: atSpeed(each.plan, written, request) }));
  const rates = peaksOf(stretched, request);
  const plans: Record<string, LoadPlan> = {};
  let recorded: RecordedCurve | undefined;
  for (const { lane, plan, load } of stretched) {
    const peaks = optional({ ratePerS: rates[lane.id], players: request.players });
    const scaled = scalePlan(plan, peaks, lane.load.secondsPerAction);
    const shaped = await recordedShape(scaled, chosen, request);
    recorded ??= shaped.recorded;
    const { playedBy, networks } = request;
    const played = {
      ...lane.load.defaults,
      ...shaped.plan,
      seed: request.seed ?? plan.seed,
      skew: request.skew ?? plan.skew,
      ...load,
      ...optional({ playedBy, networks }),
    };
    checkPlan(played, nameOf(lane.id), lane.load.problems(played));
    plans[lane.id] = played;
  }
  return { plans, ...optional({ recorded }) };
}

/** @throws HuntError (exit code 2) for a lane that the scenario says nothing of. */
function writtenPlan({ name, plan, lanes }: Scenario, { lane }: ChosenLane): LoadPlan {
  const part = lanes[lane.id];
  if (part !== undefined) {
    // The lane's schema has checked its part, and each lane reads its own fields alone.
    return { ...plan, ...part } as LoadPlan;
  }
  throw new HuntError({
    code: "usage.lane-without-load",
    message: `scenario ${name} has no load for lane ${lane.id}; it plays ${Object.keys(lanes).join(", ")}`,
    exitCode: exitCodes.usage,
    hint: "Nothing was started. --scenario names another one; docs/writing-a-scenario.md says how one is written.",
  });
}

/** `--duration` gives the curve another length, `--speed` (or the scenario's own) compresses it. */
function atSpeed(plan: LoadPlan, written: Scenario, request: PlanRequest): LoadPlan {
  if (request.durationS === undefined) {
    return compressPlan(plan, request.speed ?? written.defaultSpeed);
  }
  if (request.speed === undefined) return stretchPlan(plan, request.durationS);
  throw new HuntError({
    code: "usage.contradiction",
    message: "--duration and --speed both set how long the run lasts",
    exitCode: exitCodes.usage,
    hint: "Nothing was started. Give one of them.",
  });
}

type Drawn = ChosenLane & { readonly plan: LoadPlan };

/** The peaks that were asked for; absent for a lane that keeps its own. */
function peaksOf(
  drawn: readonly Drawn[],
  { ratePerS, ratesPerS = {} }: PlanRequest,
): Readonly<Record<string, number>> {
  if (ratePerS === undefined) return ratesPerS;
  const [only, ...others] = drawn;
  if (only !== undefined && others.length === 0) return { [only.lane.id]: ratePerS };
  const together = peakTogether(drawn.map(({ plan }) => plan.rate));
  return Object.fromEntries(
    drawn.map(({ lane, plan }) => [lane.id, (peak(plan.rate) / together) * ratePerS]),
  );
}

/** The highest sum of the curves. Between two points of any of them it is on a line. */
function peakTogether(curves: readonly LoadPlan["rate"][]): number {
  const justBefore = 1e-9;
  const times = curves.flat().flatMap(([atS]) => [atS, Math.max(0, atS - justBefore)]);
  const sumAt = (atS: number) => curves.reduce((sum, curve) => sum + valueAt(curve, atS), 0);
  return Math.max(...times.map(sumAt));
}

async function recordedShape(
  plan: LoadPlan,
  chosen: readonly ChosenLane[],
  { planFile }: PlanRequest,
): Promise<{ readonly plan: LoadPlan; readonly recorded: RecordedCurve | undefined }> {
  if (planFile === undefined) return { plan, recorded: undefined };
  if (chosen.length === 1) return readCsvPlan(planFile, plan);
  throw new HuntError({
    code: "usage.contradiction",
    message: `--plan: a recording has one curve, and ${chosen.length} lanes play (${chosen.map(({ lane }) => lane.id).join(", ")})`,
    exitCode: exitCodes.usage,
    hint: "Nothing was started. --lanes names one of them.",
  });
}
