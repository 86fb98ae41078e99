import { expect, test } from "vitest";
import type { ClockEvent } from "../../recording/timeline/clock-events.ts";
import { ClockWatch, type MachineClocks } from "./clock-watch.ts";

const startMs = 500_000;

/** A watch that begins at run second 10, and what it tells. */
function watching(changes: Partial<MachineClocks> = {}) {
  const clocks = { wall: 1_767_225_600_000, monotonic: startMs + 10_000, boot: 900_000 };
  const told: ClockEvent[] = [];
  const watch = new ClockWatch({
    clocks: {
      wallMs: () => clocks.wall,
      monotonicMs: () => clocks.monotonic,
      bootMs: () => clocks.boot,
      ...changes,
    },
    startMs,
    tell: (event) => told.push(event),
  });
  return {
    told,
    /** A look after so many seconds, in which each clock went on by them and by what is given. */
    after(seconds: number, { wallS = 0, monotonicS = 0, bootS = 0 } = {}) {
      clocks.wall += 1000 * (seconds + wallS);
      clocks.monotonic += 1000 * (seconds + monotonicS);
      clocks.boot += 1000 * (seconds + bootS);
      watch.look();
    },
  };
}

test("clocks that go on together, as a busy machine looks at them, are no news", () => {
  const { told, after } = watching();
  for (const seconds of [1, 1.2, 0.9, 2.9, 1]) after(seconds, { wallS: 0.04, bootS: -0.01 });
  expect(told).toEqual([]);
});

test.each([-30, 0.5, 3600])("a wall clock that is set by %d s is a step, told once", (wallS) => {
  const { told, after } = watching();
  after(1);
  after(1, { wallS });
  after(1);
  expect(told).toEqual([{ t: 12, kind: "clock-step", byS: wallS }]);
});

test("a look that comes 24 s late is hunt's own standstill, from the look before it on", () => {
  const { told, after } = watching();
  after(1);
  after(25);
  expect(told).toEqual([{ t: 11, kind: "standstill", who: "hunt", untilS: 36, forS: 25 }]);
});

test("a machine that slept is no stepped clock, though wall and monotonic clock part", () => {
  const { told, after } = watching();
  after(1);
  after(1, { wallS: 600, bootS: 600 });
  expect(told).toEqual([{ t: 11, kind: "standstill", who: "machine", untilS: 12, forS: 600 }]);
});

test("a clock that is set while the machine sleeps is both", () => {
  const { told, after } = watching();
  after(1, { wallS: 570, bootS: 600 });
  expect(told).toMatchObject([
    { kind: "standstill", who: "machine", forS: 600 },
    { kind: "clock-step", byS: -30 },
  ]);
});

test("where the machine does not tell its boot time, a wall clock that is ahead may be a sleep", () => {
  const { told, after } = watching({ bootMs: () => undefined });
  after(1, { wallS: 600 });
  after(1, { wallS: -30 });
  expect(told).toEqual([
    {
      ...{ t: 11, kind: "clock-step", byS: 600 },
      detail: "or the machine slept: this system does not tell",
    },
    { t: 12, kind: "clock-step", byS: -30 },
  ]);
});

test("clocks between whose readings hunt lost its processor are compared at the next look", () => {
  let lostMs = 0;
  let wallMs = 0;
  let monotonicMs = startMs;
  const told: ClockEvent[] = [];
  const clocks: MachineClocks = {
    monotonicMs: () => monotonicMs,
    bootMs: () => undefined,
    wallMs: () => {
      const before = wallMs;
      monotonicMs += lostMs;
      wallMs += lostMs;
      return before;
    },
  };
  const watch = new ClockWatch({ clocks, startMs, tell: (event) => told.push(event) });
  lostMs = 400;
  watch.look();
  lostMs = 0;
  watch.look();
  expect(told).toEqual([]);
  wallMs -= 30_000;
  watch.look();
  expect(told).toMatchObject([{ kind: "clock-step", byS: -30 }]);
});
