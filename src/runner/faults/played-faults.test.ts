import { expect, test } from "vitest";
import { sampleRun } from "../../../test/fixtures/synthetic-recording.ts";
import { parseFault } from "../../faults/plan/fault-expression.ts";
import { faultKindsOf } from "../../lanes/faults-of-lanes.ts";
import { sessionsLane } from "../../lanes/sessions/sessions-lane.ts";
import { topologyOf } from "../../lanes/topology-of.ts";
import { optional } from "../../optional.ts";
import { resolveScenario } from "../../scenarios/resolve-scenario.ts";
import { PlayedFaults } from "./played-faults.ts";

const options = {
  ...{ design: "log", gateways: 2, etcdSize: 3, etcdMetrics: "basic" as const },
  raftTimers: { heartbeatMs: 50, electionMs: 250 },
};
const topology = topologyOf([{ lane: sessionsLane, options }]);
const kinds = faultKindsOf([sessionsLane]);
const world = {
  topology,
  allowQuorumLoss: false,
  kinds,
  costOfLoss: (serving: ReadonlySet<string>, nodeId: string) =>
    sessionsLane.costOfLoss(topology, serving, nodeId),
};

/** `smoke` over 40 s: 11 s of warm-up, and a fault of the plan from 20 to 24 s. */
async function played(budgets?: readonly string[]) {
  const scenario = await resolveScenario({
    scenario: "smoke",
    durationS: 40,
    faults: ["pause gateway/1 at 20s for 4s"],
    ...optional({ budgets }),
  });
  return new PlayedFaults(scenario, "hunt bench --scenario smoke");
}

test("a fault by hand gets an id, phases of its own, its place in run.json and in the command that plays it again", async () => {
  const faults = await played();
  const added = faults.schedule(parseFault("kill etcd/leader for 3s", kinds), 13.26, world);
  expect(added).toMatchObject({ id: "by-hand-1", atS: 13.3, forS: 3 });
  faults.add(added);
  expect(faults.schedule(parseFault("kill proxy/1 for 1s", kinds), 30, world).id).toBe("by-hand-2");
  const document = faults.recordIn({
    ...sampleRun,
    faults: [
      { id: "pause", kind: "pause", target: "gateway/1", lanes: ["sessions"], atS: 20, forS: 4 },
    ],
  });
  expect(document.phases.map(({ name, startS }) => `${startS} ${name}`).slice(1)).toEqual([
    "11 steady",
    "13 fault:by-hand-1",
    "17 recovery",
    "20 fault:pause",
    "24 recovery",
    "29 steady",
  ]);
  expect(document.faults).toEqual([
    {
      id: "by-hand-1",
      kind: "kill",
      target: "etcd/leader",
      lanes: ["sessions"],
      atS: 13.3,
      forS: 3,
      byHand: true,
    },
    { id: "pause", kind: "pause", target: "gateway/1", lanes: ["sessions"], atS: 20, forS: 4 },
  ]);
  expect(document.replay).toBe(
    "hunt bench --scenario smoke --fault 'kill etcd/leader at 13.3s for 3s as by-hand-1'",
  );
});

test("a fault that a person healed early gives its seconds back, and is in nobody's way", async () => {
  const faults = await played();
  const again = parseFault("kill gateway/1 for 2s", kinds);
  expect(() => faults.schedule(again, 22, world)).toThrow("'pause gateway/1 at 20s for 4s' acts");
  faults.healed("pause", 21.4);
  expect(faults.phases).toContainEqual({ name: "fault:pause", startS: 20, endS: 22 });
  expect(faults.phases).toContainEqual({ name: "recovery", startS: 22, endS: 27 });
  expect(faults.schedule(again, 22, world).id).toBe("by-hand-1");
});

test("a fault that the plan healed late lasted until then, and its phase with it", async () => {
  const faults = await played();
  expect(faults.actedUntil("pause", 24.4)).toBe(false);
  expect(faults.phases).toContainEqual({ name: "fault:pause", startS: 20, endS: 24 });
  expect(faults.actedUntil("pause", 31.3)).toBe(true);
  expect(faults.phases).toContainEqual({ name: "fault:pause", startS: 20, endS: 32 });
  expect(faults.phases).toContainEqual({ name: "recovery", startS: 32, endS: 37 });
});

test("a fault that came late keeps its length: its window ends as much later", async () => {
  const faults = await played();
  faults.delay("pause", 1.4);
  expect(faults.phases).toContainEqual({ name: "fault:pause", startS: 20, endS: 26 });
  expect(faults.phases).toContainEqual({ name: "recovery", startS: 26, endS: 31 });
});

test.each([
  ["kill etcd/1 for 3s", 5, "warms up until 11 s"],
  ["kill etcd/1 for 3s", 38, "it ends at 41 s, the load at 40 s"],
  ["kill etcd/1", 30, 'expected how long it lasts, such as "for 5s"'],
  ["kill etcd/1 at 30s for 3s", 12, 'leave "at" and "every" out'],
  ["kill etcd/1 for 3s as pause", 30, 'has a fault "pause" already'],
  ["kill etcd/9 for 3s", 30, 'there is no "etcd/9"'],
  ["pause gateway/1 for 2s", 19, "'pause gateway/1 at 20s for 4s' acts on gateway/1 then"],
])("refuses '%s' at %i s: %s", async (expression, nowS, why) => {
  const faults = await played();
  expect(() => faults.schedule(parseFault(expression, kinds), nowS, world)).toThrow(why);
});

test("refuses what would cost etcd its quorum together with another fault", async () => {
  const faults = await played();
  faults.add(faults.schedule(parseFault("stop etcd/1 for 10s", kinds), 26, world));
  expect(() => faults.schedule(parseFault("kill etcd/2 for 2s", kinds), 27, world)).toThrow(
    "it would leave 1 of 3 etcd members, and 2 are needed",
  );
});

test("refuses what would leave a budget no second to judge", async () => {
  const faults = await played();
  faults.add(faults.schedule(parseFault("pause proxy/1 for 5s", kinds), 11, world));
  const refused = parseFault("pause proxy/1 for 6s", kinds);
  expect(() => faults.schedule(refused, 29, world)).toThrow(
    "leave no second of phase steady, which 'sessions.dig.p99 < 80ms @steady' judges",
  );
  expect(faults.schedule(refused, 30, world).id).toBe("by-hand-2");
});
