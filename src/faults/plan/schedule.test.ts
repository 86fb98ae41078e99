import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { faultKindsOf } from "../../lanes/faults-of-lanes.ts";
import { sessionsLane } from "../../lanes/sessions/sessions-lane.ts";
import { optional } from "../../optional.ts";
import { peerLink, type Topology, type TopologyNode } from "../../topology/topology.ts";
import { FaultJournal } from "../life/journal.ts";
import { parseFault } from "./fault-expression.ts";
import { checkSchedule, scheduleFaults } from "./schedule.ts";

const kinds = faultKindsOf([sessionsLane]);
const bounds = { warmUntilS: 5, durationS: 60, kinds };
const plansOf = (expressions: readonly string[]) =>
  expressions.map((each) => parseFault(each, kinds));

function node(id: string, kind: TopologyNode["kind"], zone: string): TopologyNode {
  const owned = kind === "toxiproxy" ? undefined : ("service" as const);
  return { id, kind, zone, ports: [], settings: {}, ...optional({ owned }) };
}

const members = [1, 2, 3].map((n) => node(`etcd/${n}`, "etcd", "abc"[n - 1] ?? "a"));
const services = [node("gateway/1", "gateway", "a"), node("proxy/1", "proxy", "c")];
const links = [
  ...["etcd/1", "etcd/2"].map((to) => ({
    id: `gateway/1->${to}:client`,
    from: "gateway/1",
    to,
    port: "client",
  })),
  ...members.map(({ id }) => peerLink(id)),
];
const etcd = { name: "etcd", kind: "etcd", roles: ["leader", "follower"] };
const topology: Topology = { lanes: [], clusters: [etcd], stages: [members, services], links };

function check(expressions: readonly string[], allowQuorumLoss = false): void {
  checkSchedule(scheduleFaults(plansOf(expressions), bounds), {
    topology,
    kinds,
    allowQuorumLoss,
    costOfLoss: (serving, nodeId) => sessionsLane.costOfLoss(topology, serving, nodeId),
  });
}

test("every occurrence of a fault gets an id, numbered only where there are several", () => {
  const plans = ["kill etcd/leader at 50s for 5s", "pause gateway/1 at 6s for 2s every 20s as nap"];
  const faults = scheduleFaults(plansOf(plans), bounds);
  expect(faults.map(({ id, atS }) => [id, atS])).toEqual([
    ["nap-1", 6],
    ["nap-2", 26],
    ["nap-3", 46],
    ["kill", 50],
  ]);
});

test.each([
  ["kil etcd/leader at 9s for 1s", /no fault "kil". Did you mean 'kill'/],
  ["kill at", /there is no "at"/],
  ["kill etcd/4 at 9s for 1s", /no "etcd\/4". Did you mean 'etcd\/1'/],
  ["kill etcd/1 at 9s fro 1s", /did not expect "fro". Did you mean 'for'/],
  ["kill etcd/1 for 1s", /expected when/],
  ["kill etcd/1 at 9s", /how long it lasts/],
  ["restart etcd/1 at 9s for 1s", /over by itself/],
  ["kill etcd/1 at 2s for 1s", /warms up until 5 s/],
  ["kill etcd/1 at 58s for 5s", /it ends at 63 s, the load at 60 s/],
  ["pause etcd/1 at 9s for 5s every 5s", /can't come every 5 s/],
  ["compact gateway/1 at 9s", /compact acts on etcd/],
  ["kill link:gateway->etcd at 9s for 1s", /there is no "link:gateway->etcd"/],
])("'%s' is refused before anything is started", (expression, why) => {
  const refused = expect.objectContaining({ exitCode: 2, message: expect.stringMatching(why) });
  expect(() => check(expression === "kill at" ? ["kill at at 9s for 1s"] : [expression])).toThrow(
    refused,
  );
});

test("two faults on one target at a time are refused, one after the other are not", () => {
  expect(() => check(["kill gateway/1 at 9s for 5s", "pause gateway/1 at 12s for 5s"])).toThrow(
    /acts on gateway\/1 then/,
  );
  check(["kill gateway/1 at 9s for 5s", "pause gateway/1 at 14s for 5s"]);
});

test("a node of a zone that is under a fault is under it, too", () => {
  expect(() => check(["pause zone:a at 9s for 5s", "kill gateway/1 at 12s for 5s"])).toThrow(
    "'kill gateway/1 at 12s for 5s' acts on zone:a then",
  );
});

test("faults that together take the quorum away are refused, unless that is allowed", () => {
  const both = ["kill etcd/leader at 9s for 9s", "pause etcd/2 at 12s for 3s"];
  expect(() => check(both)).toThrow(/leave 1 of 3 etcd members, and 2 are needed/);
  check(both, true);
  check(["kill etcd/leader at 9s for 9s", "leader-transfer etcd/2 at 12s"]);
});

test("a target is claimed by one fault at a time, for all of its targets or none", async () => {
  const journal = new FaultJournal(temporaryFolder());
  const entry = (fault: string, id: string) => ({
    schemaVersion: 1 as const,
    fault,
    kind: "kill",
    expression: `kill ${id}`,
    node: id,
    at: "2026-01-01T00:00:00.000Z",
    until: null,
    bitten: true,
    endsAtMs: null,
  });
  expect(await journal.claim([entry("first", "etcd/2")])).toBeUndefined();
  const taken = await journal.claim([entry("second", "etcd/1"), entry("second", "etcd/2")]);
  expect(taken?.fault).toBe("first");
  expect((await journal.entries()).map(({ node }) => node)).toEqual(["etcd/2"]);
  await journal.release("etcd/2");
  expect(await journal.claim([entry("second", "etcd/2")])).toBeUndefined();
});

test("faults on links need a proxy, a profile that can be read, and no other fault on the same link", () => {
  const wide = "blackhole link:gateway->etcd at 10s for 5s";
  expect(() => check([wide])).toThrow("--links proxied");
  services.push({
    ...node("toxiproxy/1", "toxiproxy", "a"),
    ports: links.slice(1).map(({ id }) => id),
  });
  expect(() => check([wide])).toThrow("the link gateway/1->etcd/1:client is direct");
  services.splice(-1, 1, {
    ...node("toxiproxy/1", "toxiproxy", "a"),
    ports: links.map(({ id }) => id),
  });
  check([wide, "degrade link:gateway/1->etcd/2 with jitter=120ms,loss=3% at 15s for 5s"]);
  const beside = "degrade link:gateway/1->etcd/2 with profile=mobile-4g at 12s for 5s";
  expect(() => check([wide, beside])).toThrow("acts on");
  expect(() => check(["kill link:gateway->etcd at 10s for 5s"])).toThrow("there is no");
  // By node and by zone: every link across the border.
  expect(() => check([wide, "blackhole gateway/1 at 12s for 5s"])).toThrow(
    "acts on link:gateway->etcd then",
  );
  check([
    "blackhole zone:b at 10s for 5s",
    "degrade link:gateway->etcd/1 with delay=9ms at 10s for 5s",
  ]);
  expect(() => check(["blackhole proxy/1 at 10s for 5s"])).toThrow("no link leads to or from");
  // A member that its peers can't hear counts for no quorum.
  expect(() => check(["blackhole link:peers->etcd at 10s for 5s"])).toThrow("leave 1 of 3");
  expect(() => check(["kill etcd/1 at 10s for 5s", "blackhole etcd/2 at 12s for 5s"])).toThrow(
    "leave 1",
  );
  check(["blackhole link:peers->etcd/leader at 10s for 5s"]);
  check(["degrade link:peers->etcd with delay=9ms at 10s for 5s"]);
  for (const [text, problem] of [
    ["", "expected what it does"],
    ["with jiter=1ms", "Did you mean 'jitter'"],
    ["with loss=80%", "at most 50%"],
    ["with delay=5", "delay=VALUE such as 40ms"],
    ["with profile=moon", "mobile-4g"],
    ["with direction=to", "expected what it does beside"],
    ["with delay=5ms,direction=up", "direction=VALUE such as to, from, both"],
  ]) {
    expect(() => parseFault(`degrade link:gateway->etcd ${text} at 10s for 5s`, kinds)).toThrow(
      problem,
    );
  }
  expect(() => parseFault("blackhole link:a->b with delay=1ms", kinds)).toThrow(
    "direction=to, from or both",
  );
  expect(() => parseFault("kill etcd/1 with loss=3% at 10s for 5s", kinds)).toThrow(
    'has no "with"',
  );
});
