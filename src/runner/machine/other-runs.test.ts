import { expect, test } from "vitest";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import type { MachineUser } from "../../runtime/local/kept/machine-users.ts";
import { OtherRuns } from "./other-runs.ts";

const first: MachineUser = { what: "run", name: "run-a", pid: 11, folder: "/a/reports/run-a" };
const second: MachineUser = { what: "run", name: "run-b", pid: 12, folder: "/b/run-b" };
const backend: MachineUser = { what: "backend", name: "default", pid: 13, folder: "/s/default" };

test("who is there is said at the start, who comes and goes in mid-run, each once", async () => {
  const events: TimelineEvent[] = [];
  const lines: string[] = [];
  let there: readonly MachineUser[] = [first, backend];
  const others = new OtherRuns({ look: async () => there, tell: (line) => void lines.push(line) });
  const collector = others.collector();
  const read = (t: number) =>
    collector.read({
      t,
      startMs: 0,
      sink: { event: (event) => void events.push(event), sample: () => {}, histogram: () => {} },
      signal: AbortSignal.timeout(5_000),
    });
  await others.tellAtStart();
  expect(lines).toEqual([
    "another run of hunt uses this machine: run-a, pid 11, /a/reports/run-a. Both may be late for it",
    "a backend that stays is up on this machine: default, pid 13, /s/default. It takes little while nobody plays at it",
  ]);
  await read(0);
  there = [second, backend];
  await read(4);
  await read(6);
  expect(lines.slice(2)).toEqual([
    "another run of hunt uses this machine by t=4.0s: run-b, pid 12, /b/run-b. Both may be late for it",
    "it has ended by t=4.0s: run-a, pid 11, /a/reports/run-a",
  ]);
  expect(events).toEqual([
    { t: 0, kind: "other-run", state: "there", ...first },
    { t: 0, kind: "other-run", state: "there", ...backend },
    { t: 4, kind: "other-run", state: "came", ...second },
    { t: 4, kind: "other-run", state: "left", ...first },
  ]);
});
