import { expect, test } from "vitest";
import { twoLanes } from "../../../test/fixtures/two-lanes.ts";
import { HuntError } from "../../hunt-error.ts";
import { type LanesFlags, lanesFlag, lanesInSeries, rateFlag } from "./lane-flags.ts";

const { lanes, flags: laneFlags, sessions, tiles } = twoLanes();
const known = { lanes, flags: laneFlags };
const chosen = (text: string | undefined) => lanesFlag(text, [sessions], lanes).map(({ id }) => id);

function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof HuntError && error.exitCode === 2) return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

function designs(flags: LanesFlags, playing = lanes): unknown {
  const series = lanesInSeries(playing, flags, known);
  return series.map(({ lane, designs: own }) => [lane.id, own.map(({ name }) => name)]);
}

test("the lanes are those of the command line, or the scenario's", () => {
  expect(chosen(undefined)).toEqual(["sessions"]);
  expect(chosen("tiles, sessions")).toEqual(["tiles", "sessions"]);
  expect(refused(() => chosen("tiles,tiles"))).toBe(
    '--lanes: expected each lane once, got "tiles,tiles"',
  );
  expect(refused(() => chosen("tiels"))).toContain("Did you mean 'tiles'");
});

test("one lane has its designs by name alone; of several, each by the name of its lane, and one may vary", () => {
  expect(designs({ design: "naive,log" }, [sessions])).toEqual([["sessions", ["naive", "log"]]]);
  expect(designs({ design: "tiles=pooled,direct" })).toEqual([
    ["sessions", ["log"]],
    ["tiles", ["pooled", "direct"]],
  ]);
  expect(designs({ design: "sessions=delta,tiles=pooled" })).toEqual([
    ["sessions", ["delta"]],
    ["tiles", ["pooled"]],
  ]);
  expect(refused(() => designs({ design: "log" }))).toContain(
    "LANE=NAMES, since several lanes play (sessions, tiles)",
  );
  expect(refused(() => designs({ design: "sessions=naive,log,tiles=pooled,direct" }))).toContain(
    "several designs of one lane",
  );
  expect(refused(() => designs({ design: "tiles=pooled" }, [sessions]))).toContain(
    "a lane that plays (sessions)",
  );
  expect(refused(() => designs({ design: "pooled" }, [sessions]))).toBe(
    '--design: expected one of lane sessions (naive, delta, log), got "pooled, one of lane tiles"',
  );
});

test("a rate is that of all lanes together, or that of each lane that is named", () => {
  expect(rateFlag(undefined, lanes)).toEqual({});
  expect(rateFlag("4000", lanes)).toEqual({ ratePerS: 4000 });
  expect(rateFlag("tiles=2000,sessions=100", lanes)).toEqual({
    ratesPerS: { tiles: 2000, sessions: 100 },
  });
  expect(refused(() => rateFlag("tiles=2000", [sessions]))).toContain("a lane that plays");
  expect(refused(() => rateFlag("tiles=1,tiles=2", lanes))).toContain("one rate of a lane");
  expect(refused(() => rateFlag("tiles=1,5", lanes))).toContain("LANE=NUMBER");
  expect(refused(() => rateFlag("tiles=many", lanes))).toContain("a number from 0.1");
});

test("a flag of a lane goes to that lane, and is refused where the lane does not play", () => {
  const [own, other] = lanesInSeries(
    lanes,
    { gateways: "3", shards: "8", links: "proxied" },
    known,
  );
  expect(own?.settings).toMatchObject({ gateways: 3, links: "proxied" });
  expect(other?.settings).toEqual({ shards: 8, links: "proxied" });
  expect(refused(() => lanesInSeries([sessions], { shards: "8" }, known))).toBe(
    '--shards: expected lane tiles, whose flag it is, got "--lanes sessions"',
  );
  expect(refused(() => lanesInSeries([tiles], { warmFollower: false }, known))).toContain(
    "--no-warm-follower: expected lane sessions",
  );
  expect(lanesInSeries([tiles], { warmFollower: true }, known)).toHaveLength(1);
});

test("a bug is planted in the lane that has it", () => {
  const [own, other] = lanesInSeries(lanes, { sabotage: "lose-a-change" }, known);
  expect([own?.settings["sabotage"], other?.settings["sabotage"]]).toEqual([
    undefined,
    "lose-a-change",
  ]);
  const later = { design: "tiles=pooled", sabotage: "skip-the-claim" };
  expect(refused(() => lanesInSeries(lanes, later, known))).toBe(
    '--sabotage skip-the-claim: expected design direct, which alone can have this bug, got "--design pooled"',
  );
  expect(refused(() => lanesInSeries([sessions], { sabotage: "lose-a-change" }, known))).toContain(
    "--sabotage: expected one of ack-before-commit",
  );
});
