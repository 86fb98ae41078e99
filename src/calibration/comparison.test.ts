import { describe, expect, test } from "vitest";
import { compare, type RoundTrips, roundTripsOf } from "./comparison.ts";
import type { RoundTrip } from "./probe.ts";

const stallMs = 15;

function trip(sentMs: number, tookMs: number, answered = true): RoundTrip {
  return { sentMs, doneMs: sentMs + tookMs, answered };
}

/** 10,000 messages, so many of them held up. */
function link(stalls: number, p99Ms: number): RoundTrips {
  return {
    ...roundTripsOf([], stallMs),
    messages: 10_000,
    stalls,
    stallsPer1000: stalls / 10,
    p99Ms,
  };
}

describe("round trips of a link", () => {
  test("count messages that were sent behind one held up as one stall, and a later one as another", () => {
    const behind = [trip(0, 200), trip(20, 180), trip(190, 15), trip(210, 1), trip(230, 40)];
    const trips = roundTripsOf([behind, [trip(0, 14.9)]], stallMs);
    expect(trips).toMatchObject({ messages: 6, stalls: 2, maxMs: 200, unanswered: 0 });
  });

  test("give an unanswered message the time that it was waited for, so that silence is no good figure", () => {
    const trips = roundTripsOf([[trip(0, 1), trip(20, 3_000, false)]], stallMs);
    expect(trips).toMatchObject({ unanswered: 1, stalls: 1, p99Ms: 3_000 });
  });
});

describe("modelled and real loss", () => {
  const quiet = link(0, 1);

  test.each([
    ["agree when both figures are close", link(200, 200), link(180, 210), "agrees"],
    ["differ by how often messages stall", link(400, 200), link(200, 200), "differs"],
    ["differ by the tail alone", link(200, 200), link(200, 40), "differs"],
    ["differ when only the model stalls", link(200, 200), link(0, 1), "differs"],
    ["can't be told apart by a few stalls", link(29, 200), link(10, 200), "too-few"],
  ] as const)("%s", (_, modelled, real, outcome) => {
    expect(compare(quiet, modelled, real).outcome).toBe(outcome);
  });

  test("are compared without the stalls that the machine made by itself, while these are few", () => {
    const some = compare(link(40, 1), link(240, 200), link(200, 200));
    expect(some).toMatchObject({ outcome: "agrees", stallsRatio: 1.25 });
    expect(compare(link(60, 1), link(240, 200), link(200, 200)).outcome).toBe("too-noisy");
  });
});
