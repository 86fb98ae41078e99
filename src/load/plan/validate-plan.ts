/**
 * Is a plan possible? All problems are collected, so that the operator corrects them in one go.
 * The bounds are within those of the formats and of native/k6/plan, which refuses a wrong plan too.
 */
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { isNetworkName, networkNames } from "../../topology/networks.ts";
import { peak, valueAt } from "./curve.ts";
import type { CurvePoint, LoadPlan } from "./load-plan.ts";

export const planLimits = {
  players: 1_000_000,
  ratePerS: 1_000_000,
  durationS: 86_400,
  /** Each takes a VU, and 0.3 to 1 MB of memory. */
  plainK6Players: 1_000,
  skew: 5,
  curvePoints: 100_000,
} as const;

/**
 * @param ofLane What is wrong with what the lane has for itself.
 * @throws HuntError (exit code 2) with every problem of the plan.
 */
export function checkPlan(plan: LoadPlan, name: string, ofLane: readonly string[] = []): void {
  const problems = [...planProblems(plan), ...ofLane];
  if (problems.length > 0) throw impossiblePlan(name, problems);
}

/** The error for one or more problems; `name` says whose plan it is. */
export function impossiblePlan(name: string, problems: readonly string[]): HuntError {
  const list = problems.map((problem) => `\n  - ${problem}`).join("");
  return new HuntError({
    code: "usage.impossible-plan",
    exitCode: exitCodes.usage,
    message: `The load plan of ${name} is not possible:${list}`,
    hint: "Correct the values above; nothing was started.",
  });
}

function planProblems(plan: LoadPlan): string[] {
  const problems = [
    ...numberProblems("seed", plan.seed, 0, Number.MAX_SAFE_INTEGER),
    ...numberProblems("durationS", plan.durationS, Number.MIN_VALUE, planLimits.durationS),
    ...numberProblems("skew", plan.skew, 0, planLimits.skew),
  ];
  problems.push(...networkProblems(plan));
  if (!Number.isInteger(plan.seed)) problems.push(`seed must be a whole number, got ${plan.seed}`);
  const curves = [
    ...curveProblems(plan, "players", planLimits.players, 1),
    ...curveProblems(plan, "rate", planLimits.ratePerS, Number.MIN_VALUE),
  ];
  if (curves.length > 0) return [...problems, ...curves];
  return [...problems, ...idlePlayersProblems(plan), ...plainK6Problems(plan)];
}

/** `value` must be a finite number within the bounds; a lower bound of MIN_VALUE reads "above 0". */
export function numberProblems(name: string, value: number, min: number, max: number): string[] {
  if (Number.isFinite(value) && value >= min && value <= max) return [];
  const lowest = min === Number.MIN_VALUE ? "above 0 and at most" : `from ${min} to`;
  return [`${name} must be a number ${lowest} ${max}, got ${value}`];
}

function curveProblems(
  plan: LoadPlan,
  name: "players" | "rate",
  max: number,
  leastPeak: number,
): string[] {
  const curve = plan[name];
  if (curve.length === 0) return [`${name} must have at least one point, got none`];
  if (curve.length > planLimits.curvePoints) {
    return [`${name} may have ${planLimits.curvePoints} points, got ${curve.length}`];
  }
  const problems: string[] = [];
  let previousS = 0;
  for (const [index, [atS, value]] of curve.entries()) {
    const point = `${name}[${index}]`;
    problems.push(
      ...numberProblems(`${point} time`, atS, 0, planLimits.durationS),
      ...numberProblems(`${point} value`, value, 0, max),
    );
    if (atS >= 0 && atS < previousS) {
      problems.push(
        `${point} time must not be before the previous point's ${previousS}, got ${atS}`,
      );
    }
    previousS = atS;
  }
  if (problems.length === 0) problems.push(...unplayedProblems(name, curve, plan.durationS));
  if (problems.length === 0 && peak(curve) < leastPeak) {
    problems.push(
      leastPeak === 1
        ? `${name} must reach at least 1, its highest value is ${peak(curve)}`
        : `${name} must be above 0 somewhere, it is 0 throughout`,
    );
  }
  // One line per kind of mistake would hide where it is; a broken file would fill the screen.
  const shown = 5;
  if (problems.length <= shown) return problems;
  return [...problems.slice(0, shown), `${name}: ${problems.length - shown} more problems`];
}

/**
 * Points that the load never gets to. They would be part of the curve's peak all the same, so `--rate`
 * would scale what is played to less than was asked for.
 */
function unplayedProblems(name: string, curve: readonly CurvePoint[], durationS: number): string[] {
  if (!(durationS > 0)) return [];
  return curve.flatMap(([atS], index) => {
    const point = `${name}[${index}] is at ${atS} s`;
    if (atS > durationS) {
      return [`${point}, and the load ends at ${durationS} s: it would never be played`];
    }
    const [before, after] = [curve[index - 1]?.[0], curve[index + 1]?.[0]];
    if (atS === durationS && before === atS) {
      return [`${point}, a step where the load ends: it would never be played`];
    }
    if (atS === after && (atS === 0 || before === atS)) {
      return [`${point}, and the next point takes its place there: it would never be played`];
    }
    return [];
  });
}

function networkProblems({ networks, playedBy }: LoadPlan): string[] {
  if (networks === undefined) return [];
  const weights = Object.entries(networks);
  const unknown = weights.find(([name]) => !isNetworkName(name))?.[0];
  return [
    ...(weights.length === 0 ? ["networks must name at least one, got none"] : []),
    ...(unknown === undefined
      ? []
      : [`networks knows ${networkNames.join(", ")}, got "${unknown}"`]),
    ...weights.flatMap(([name, weight]) =>
      numberProblems(`networks.${name}`, weight, Number.MIN_VALUE, 1_000_000),
    ),
    ...(playedBy === "plain-k6"
      ? ["plain k6 plays all players over one network; leave networks out"]
      : []),
  ];
}

function plainK6Problems(plan: LoadPlan): string[] {
  const players = Math.ceil(peak(plan.players));
  if (plan.playedBy !== "plain-k6") return [];
  if (players >= 2 && players <= planLimits.plainK6Players) return [];
  return [
    `plain k6 plays 2 to ${planLimits.plainK6Players} players, one in each VU; the plan has ${players}`,
  ];
}

function idlePlayersProblems(plan: LoadPlan): string[] {
  const times = [...plan.players, ...plan.rate].map(([atS]) => atS);
  const atS = times.find(
    (time) => valueAt(plan.rate, time) > 0 && Math.floor(valueAt(plan.players, time)) < 1,
  );
  if (atS === undefined) return [];
  return [
    `at ${atS} s the rate is ${valueAt(plan.rate, atS)} digs/s, but there are no players to act`,
  ];
}
