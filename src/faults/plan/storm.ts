/**
 * A storm: faults drawn by the run's seed, for runs that should meet what nobody wrote down. First a random
 * subset of the kinds is chosen, since a run with a few kinds reaches states that a run with all of them
 * hardly does (Groce et al., "Swarm Testing", ISSTA 2012), then faults are drawn from it on the tracks of the
 * lanes, side by side. On one track one fault acts at a time, which leaves a store its quorum.
 */
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { suggestionFor } from "../../suggestion.ts";
import type { FaultKind } from "../fault.ts";
import { kindNamed } from "../faults.ts";
import { type FaultPlan, parseFault } from "./fault-expression.ts";

/** `at 20s for 30s`, with `of kill,pause` the kinds to draw from. */
export interface StormPlan {
  readonly expression: string;
  readonly atS: number;
  readonly forS: number;
  readonly kinds: readonly string[];
}

/** What a lane offers to a storm: on one track one fault acts at a time. */
export interface StormTrack {
  /** By the kinds that may be drawn. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  /** Kinds that are drawn only when the storm names them. */
  readonly onlyNamed?: readonly string[];
}

/** What a storm draws from: the tracks of the lanes that play, and the kinds of faults that there are. */
export interface StormWorld {
  readonly tracks: readonly StormTrack[];
  readonly kinds: readonly FaultKind[];
}

/** Seconds; the recovery of a target takes up to two of the pause before the next. */
const lasts = { min: 1, max: 3.5 };
const pauses = { min: 3, max: 6 };

/** @throws HuntError (exit code 2). */
export function parseStorm(expression: string, { tracks, kinds: all }: StormWorld): StormPlan {
  const words = /^\s*at\s+(\S+)\s+for\s+(\S+)(?:\s+of\s+(\S+))?\s*$/.exec(expression);
  if (words === null)
    throw stormError(expression, "expected 'at 20s for 30s', then 'of kill,pause'");
  const [, at = "", length = "", listed] = words;
  // The clauses mean what they mean for a fault; kind and target stand for any.
  const { atS = 0, forS = 0 } = parseFault(`kill any at ${at} for ${length}`, all);
  const stormKinds = [...new Set(tracks.flatMap(({ targets }) => Object.keys(targets)))];
  const onlyNamed = new Set(tracks.flatMap((track) => track.onlyNamed ?? []));
  const drawn = stormKinds.filter((kind) => !onlyNamed.has(kind));
  const kinds = listed === undefined ? drawn : listed.split(",");
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
export function drawStorm(
  storm: StormPlan,
  seed: number,
  { tracks, kinds: all }: StormWorld,
): readonly FaultPlan[] {
  const random = randomNumbers(seed);
  const kinds = someOf(storm.kinds, random);
  return tracks.flatMap(({ targets }) => {
    const choices = kinds.flatMap((kind) => {
      const own = targets[kind];
      return own === undefined ? [] : [{ kind: kindNamed(all, kind), targets: own }];
    });
    return drawTrack(choices, storm, random, all);
  });
}

interface Choice {
  readonly kind: FaultKind;
  readonly targets: readonly string[];
}

function drawTrack(
  choices: readonly Choice[],
  { atS, forS }: StormPlan,
  random: () => number,
  all: readonly FaultKind[],
): FaultPlan[] {
  const faults: FaultPlan[] = [];
  const endS = atS + forS;
  let nextS = atS + random() * lasts.min;
  while (choices.length > 0 && nextS + lasts.min <= endS) {
    const { kind, targets } = pick(choices, random);
    const wantedS = lasts.min + random() * (lasts.max - lasts.min);
    const lengthS = kind.lasts ? Math.min(wantedS, endS - nextS) : 0;
    const length = lengthS === 0 ? "" : ` for ${seconds(lengthS)}`;
    const target = pick(targets, random);
    faults.push(parseFault(`${kind.name} ${target} at ${seconds(nextS)}${length} as storm`, all));
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
