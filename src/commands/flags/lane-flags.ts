/** Which lanes play, their designs and their flags, read alike by every command that starts a backend. */
import { exitCodes } from "../../exit-codes.ts";
import { flagError, listFlag, numberFlag } from "../../flag-values.ts";
import { HuntError } from "../../hunt-error.ts";
import type { Lane, LaneDesign, LaneInSeries, LaneSettings } from "../../lanes/lane.ts";
import { flagKey, type GivenFlags, type LaneFlag, longFlag } from "../../lanes/lane-flag.ts";
import { laneFlags } from "../../lanes/lane-flags.ts";
import { lanes as allLanes } from "../../lanes/lanes.ts";
import { optional } from "../../optional.ts";
import { suggestionFor } from "../../suggestion.ts";
import { plainTable } from "../lists/plain-table.ts";

/** As the parser of the command line gives them. */
export interface LanesFlags {
  /** Those of each lane, by their camel-case names. */
  readonly [flag: string]: unknown;
  readonly lanes?: string;
  readonly design?: string;
  readonly links?: string;
  readonly sabotage?: string;
  /** Of `--help` alone. */
  readonly lane?: string;
}

/** What there is to choose from. */
export interface KnownLanes {
  readonly lanes: readonly Lane[];
  readonly flags: Readonly<Record<string, readonly LaneFlag[]>>;
}

/** @param own The scenario's, where `--lanes` is left out. @throws HuntError (exit code 2). */
export function lanesFlag(
  text: string | undefined,
  own: readonly Lane[],
  known: readonly Lane[],
): readonly Lane[] {
  if (text === undefined) return own;
  const ids = known.map((lane) => lane.id);
  const names = listFlag(text);
  if (names.length === 0) throw flagError("--lanes", `one of ${ids.join(", ")}`, text);
  if (new Set(names).size < names.length) throw flagError("--lanes", "each lane once", text);
  return names.map((name) => {
    const lane = known.find(({ id }) => id === name);
    if (lane === undefined) throw unknownName("lane", name, ids);
    return lane;
  });
}

/**
 * The lanes with what was given for each.
 * @param flags All that the command has, by their camel-case names.
 * @throws HuntError (exit code 2).
 */
export function lanesInSeries(
  playing: readonly Lane[],
  flags: LanesFlags,
  { lanes, flags: known }: KnownLanes = { lanes: allLanes, flags: laneFlags },
): readonly LaneInSeries[] {
  if (flags.lane !== undefined) {
    throw flagError("--lane", "--help beside it; --lanes says what plays", flags.lane);
  }
  const designs = designsFlag(playing, flags.design, lanes);
  refuseOthers(playing, flags, known);
  const links = linksKind(flags.links);
  const bug = plantedBug(playing, flags.sabotage);
  return playing.map((lane) => {
    const own = known[lane.id] ?? [];
    const chosen = designs[lane.id] ?? [];
    checkDesigns(own, flags, chosen);
    const sabotage = bug?.lane === lane.id ? bug.name : undefined;
    if (bug?.lane === lane.id && bug.designs !== undefined) {
      checkDesign(`--sabotage ${bug.name}`, bug.designs, chosen, "which alone can have this bug");
    }
    const choices = lane.readFlags(givenOf(own, flags));
    const settings: LaneSettings = { ...choices.settings, ...optional({ sabotage, links }) };
    return { lane, designs: chosen, ...choices, settings };
  });
}

/**
 * `a,b` where one lane plays, `LANE=a,b` where several do; one of them may have more than one.
 * @throws HuntError (exit code 2).
 */
function designsFlag(
  playing: readonly Lane[],
  text: string | undefined,
  known: readonly Lane[],
): Readonly<Record<string, readonly LaneDesign[]>> {
  const named = new Map<string, string[]>();
  const [only] = playing.length === 1 ? playing : [];
  let lane = only?.id;
  const words = text === undefined ? [] : listFlag(text);
  if (text !== undefined && words.length === 0) {
    throw flagError(
      "--design",
      `one of ${(only?.designs ?? []).map(({ name }) => name).join(", ")}`,
      text,
    );
  }
  for (const word of words) {
    const [first = "", ...rest] = word.split("=");
    if (rest.length > 0) lane = first;
    const ids = playing.map(({ id }) => id);
    if (lane === undefined) {
      throw flagError(
        "--design",
        `LANE=NAMES, since several lanes play (${ids.join(", ")})`,
        text ?? "",
      );
    }
    if (!ids.includes(lane))
      throw flagError("--design", `a lane that plays (${ids.join(", ")})`, lane);
    named.set(lane, [...(named.get(lane) ?? []), rest.length > 0 ? rest.join("=") : word]);
  }
  const varying = [...named].filter(([, names]) => names.length > 1);
  if (varying.length > 1) throw flagError("--design", "several designs of one lane", text ?? "");
  return Object.fromEntries(
    playing.map((each) => [
      each.id,
      (named.get(each.id) ?? [each.defaultDesign]).map((name) => designOf(each, name, known)),
    ]),
  );
}

function designOf(lane: Lane, name: string, known: readonly Lane[]): LaneDesign {
  const design = lane.designs.find((each) => each.name === name);
  if (design !== undefined) return design;
  const names = lane.designs.map((each) => each.name);
  const other = known.find(({ designs }) => designs.some((each) => each.name === name));
  if (other === undefined) throw unknownName("design", name, names);
  throw flagError(
    "--design",
    `one of lane ${lane.id} (${names.join(", ")})`,
    `${name}, one of lane ${other.id}`,
  );
}

/** Arrivals per second: of all lanes together, or of each that is named. */
export interface RateFlag {
  readonly ratePerS?: number;
  readonly ratesPerS?: Readonly<Record<string, number>>;
}

/** `4000`, or `LANE=2000,OTHER=100`. @throws HuntError (exit code 2). */
export function rateFlag(text: string | undefined, playing: readonly Lane[]): RateFlag {
  if (text === undefined) return {};
  const range = { flag: "--rate", min: 0.1, max: 1_000_000, integer: false };
  if (!text.includes("=")) return { ratePerS: numberFlag(text, range) };
  const ids = playing.map(({ id }) => id);
  const ratesPerS: Record<string, number> = {};
  for (const word of listFlag(text)) {
    const [id = "", ...rest] = word.split("=");
    if (rest.length !== 1)
      throw flagError("--rate", "a number, or LANE=NUMBER for each lane", text);
    if (!ids.includes(id)) throw flagError("--rate", `a lane that plays (${ids.join(", ")})`, word);
    if (ratesPerS[id] !== undefined) throw flagError("--rate", "one rate of a lane", text);
    ratesPerS[id] = numberFlag(rest[0] ?? "", range);
  }
  return { ratesPerS };
}

/** A flag of a lane that does not play would change nothing. */
function refuseOthers(
  playing: readonly Lane[],
  given: Readonly<Record<string, unknown>>,
  known: KnownLanes["flags"],
): void {
  const ids = playing.map(({ id }) => id);
  for (const [id, flags] of Object.entries(known)) {
    if (ids.includes(id)) continue;
    const stray = flags.find((flag) => isGiven(given[flagKey(flag)]));
    if (stray === undefined) continue;
    throw flagError(longFlag(stray), `lane ${id}, whose flag it is`, `--lanes ${ids.join(",")}`);
  }
}

function checkDesigns(
  own: readonly LaneFlag[],
  given: Readonly<Record<string, unknown>>,
  chosen: readonly LaneDesign[],
): void {
  for (const flag of own) {
    if (flag.designs === undefined || !isGiven(given[flagKey(flag)])) continue;
    checkDesign(longFlag(flag), flag.designs, chosen, "which alone has it");
  }
}

function checkDesign(
  what: string,
  designs: readonly string[],
  chosen: readonly LaneDesign[],
  why: string,
): void {
  if (chosen.some(({ name }) => designs.includes(name))) return;
  const got = `--design ${chosen.map(({ name }) => name).join(",")}`;
  throw flagError(what, `design ${designs.join(" or ")}, ${why}`, got);
}

/** A switch `--no-x` is true where nobody gave it. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== true;
}

function givenOf(own: readonly LaneFlag[], given: Readonly<Record<string, unknown>>): GivenFlags {
  const values = own.map((flag) => {
    const value = given[flagKey(flag)];
    return [flagKey(flag), typeof value === "boolean" ? value : textOf(value)] as const;
  });
  return Object.fromEntries(values);
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}

function linksKind(text: string | undefined): "direct" | "proxied" | undefined {
  if (text === undefined || text === "direct" || text === "proxied") return text;
  throw flagError("--links", "direct or proxied", text);
}

function plantedBug(playing: readonly Lane[], text: string | undefined) {
  if (text === undefined) return undefined;
  const bugs = playing.flatMap(({ id, sabotages }) =>
    sabotages.map((bug) => ({ ...bug, lane: id })),
  );
  const bug = bugs.find(({ name }) => name === text);
  if (bug !== undefined) return bug;
  const names = bugs.map(({ name }) => name);
  throw flagError("--sabotage", `one of ${names.join(", ")} (${suggestionFor(text, names)})`, text);
}

/** What `--sabotage list` prints. */
export function sabotageList(lanes: readonly Lane[]): string {
  const rows = lanes.flatMap(({ id, sabotages }) =>
    sabotages.map(({ name, what }) => [name, id, what]),
  );
  return plainTable(["BUG", "LANE", "WHAT"], rows);
}

/** @throws HuntError (exit code 2) for every runtime that is not there. */
export function checkRuntimeFlag(name: string): void {
  if (name === "local") return;
  if (name === "docker" || name === "external") {
    throw new HuntError({
      code: "usage.runtime-not-available",
      message: `runtime "${name}" does not exist in this version; local is the one that does`,
      exitCode: exitCodes.usage,
      hint: "Nothing was started.",
    });
  }
  throw unknownName("runtime", name, ["local"]);
}

function unknownName(what: string, name: string, known: readonly string[]): HuntError {
  return new HuntError({
    code: `usage.unknown-${what}`,
    message: `unknown ${what} "${name}". ${suggestionFor(name, known)}`,
    exitCode: exitCodes.usage,
    hint: "Nothing was started.",
  });
}
