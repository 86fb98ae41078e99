/**
 * A storm: faults drawn by the run's seed, for runs that should meet what nobody wrote down. First a random
 * subset of the kinds is chosen, since a run with a few kinds reaches states that a run with all of them
 * hardly does (Groce et al., "Swarm Testing", ISSTA 2012), then faults are drawn from it on two tracks side
 * by side: one on etcd, where one at a time leaves a quorum, and one on gateways and proxy.
 */
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { suggestionFor } from "../../suggestion.ts";
import { faultKind } from "../faults.ts";
import { type FaultPlan, parseFault } from "./fault-expression.ts";

/** `at 20s for 30s`, with `of kill,pause` the kinds to draw from. */
export interface StormPlan {
  readonly expression: string;
  readonly atS: number;
  readonly forS: number;
  readonly kinds: readonly string[];
}

const etcdTargets: Readonly<Record<string, readonly string[]>> = {
  kill: ["etcd/leader", "etcd/follower"],
  pause: ["etcd/leader", "etcd/follower"],
  stop: ["etcd/leader", "etcd/follower"],
  restart: ["etcd/leader", "etcd/follower"],
  "leader-transfer": ["etcd/leader"],
  defragment: ["etcd/follower"],
  compact: ["etcd/follower"],
};
const serviceKinds: readonly string[] = ["kill", "pause", "stop", "restart"];
const stormKinds = Object.keys(etcdTargets);
/** A watcher that is a moment behind loses what is compacted: only for those who ask for it. */
const defaultKinds = stormKinds.filter((kind) => kind !== "compact");

/** Seconds; the recovery of a target takes up to two of the pause before the next. */
const lasts = { min: 1, max: 3.5 };
const pauses = { min: 3, max: 6 };

/** @throws HuntError (exit code 2). */
export function parseStorm(expression: string): StormPlan {
  const words = /^\s*at\s+(\S+)\s+for\s+(\S+)(?:\s+of\s+(\S+))?\s*$/.exec(expression);
  if (words === null)
    throw stormError(expression, "expected 'at 20s for 30s', then 'of kill,pause'");
  const [, at = "", length = "", listed] = words;
  // The clauses mean what they mean for a fault; the kind stands for any that lasts.
  const { atS = 0, forS = 0 } = parseFault(`kill etcd/leader at ${at} for ${length}`);
  const kinds = listed === undefined ? defaultKinds : listed.split(",");
  for (const kind of kinds) {
    if (stormKinds.includes(kind)) continue;
    throw stormError(expression, `no storm has "${kind}". ${suggestionFor(kind, stormKinds)}`);
  }
  if (forS < lasts.max) throw stormError(expression, `a storm lasts ${lasts.max} s at least`);
  return { expression: expression.trim().replaceAll(/\s+/g, " "), atS, forS, kinds };
}

export function stormError(expression: string, what: string): HuntError {
  return new HuntError({
    code: "usage.storm",
    exitCode: exitCodes.usage,
    message: `storm '${expression}': ${what}`,
    hint: "Nothing was done. For example: --storm 'at 20s for 30s' (docs/writing-a-fault.md).",
  });
}

/** The faults of a storm, the same ones for the same seed; each is healed when the storm is over. */
export function drawStorm(storm: StormPlan, seed: number, gateways: number): readonly FaultPlan[] {
  const random = randomNumbers(seed);
  const kinds = someOf(storm.kinds, random);
  const services = [...Array.from({ length: gateways }, (_, i) => `gateway/${i + 1}`), "proxy/1"];
  const onServices = kinds.filter((kind) => serviceKinds.includes(kind));
  const tracks = [
    kinds.map((kind) => ({ kind, targets: etcdTargets[kind] ?? [] })),
    onServices.map((kind) => ({ kind, targets: services })),
  ];
  return tracks.flatMap((choices) => drawTrack(choices, storm, random));
}

interface Choice {
  readonly kind: string;
  readonly targets: readonly string[];
}

function drawTrack(
  choices: readonly Choice[],
  { atS, forS }: StormPlan,
  random: () => number,
): FaultPlan[] {
  const faults: FaultPlan[] = [];
  const endS = atS + forS;
  let nextS = atS + random() * lasts.min;
  while (choices.length > 0 && nextS + lasts.min <= endS) {
    const { kind, targets } = pick(choices, random);
    const wantedS = lasts.min + random() * (lasts.max - lasts.min);
    const lengthS = faultKind(kind).lasts ? Math.min(wantedS, endS - nextS) : 0;
    const length = lengthS === 0 ? "" : ` for ${seconds(lengthS)}`;
    const target = pick(targets, random);
    faults.push(parseFault(`${kind} ${target} at ${seconds(nextS)}${length} as storm`));
    nextS += lengthS + pauses.min + random() * (pauses.max - pauses.min);
  }
  return faults;
}

export function endOfStorm({ atS, forS }: StormPlan): number {
  return atS + forS;
}

/** Each with even odds; one at least. */
function someOf(kinds: readonly string[], random: () => number): readonly string[] {
  const chosen = kinds.filter(() => random() < 0.5);
  return chosen.length > 0 ? chosen : [pick(kinds, random)];
}

function pick<T>(values: readonly T[], random: () => number): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("nothing to choose from");
  return value;
}

/** Rounded down, so that a sum of them stays within the storm. */
function seconds(value: number): string {
  return `${(Math.floor(value * 10) / 10).toFixed(1)}s`;
}

/** mulberry32 by T. Ettinger: 32 bits of state are plenty for some dozen draws. Values from 0 to below 1. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
