import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { processFacts, untilGone } from "./hunt-process.ts";
import { expectNoListener, KeptBackends, type NodeFacts, processesOf } from "./kept-backend.ts";

const goneBoundMs = 10_000;

test("a backend outlives hunt up, loses its leader, gets it back, and goes without a trace", async () => {
  const kept = new KeptBackends();
  const printed = await kept.must("up");
  const nodes = await kept.nodes();
  expect(nodes.map((node) => node.id)).toEqual([
    "etcd/1",
    "etcd/2",
    "etcd/3",
    "gateway/1",
    "gateway/2",
    "proxy/1",
  ]);
  expect(nodes.map((node) => node.health)).toEqual(nodes.map(() => "ok"));
  for (const node of nodes) expect(printed).toMatch(new RegExp(`${node.id} .* ${node.pid} `));

  await kept.must("exec", "etcd/1", "--", "etcdctl", "put", "before", "the kill");
  const leader = leaderOf(nodes);
  expect(await kept.must("node", "kill", "etcd/leader")).toContain(`${leader.id} (pid`);
  await vi.waitFor(
    async () => {
      const after = await kept.nodes();
      expect(after.find((node) => node.id === leader.id)).toMatchObject({
        state: "dead",
        health: "dead",
        pid: null,
      });
      expect(leaderOf(after).id).not.toBe(leader.id);
    },
    { timeout: 5_000, interval: 100 },
  );

  await kept.must("node", "start", leader.id);
  expect(await kept.node(leader.id)).toMatchObject({
    state: "running",
    health: "ok",
    restarts: 1,
    addresses: leader.addresses,
    dataDir: leader.dataDir,
  });
  const read = await kept.must("exec", leader.id, "--", "etcdctl", "get", "before");
  expect(read).toContain("the kill");
  expect(await kept.must("logs", leader.id, "--lines", "500")).toMatch(
    new RegExp(`keeper: ${leader.id} \\(pid ${leader.pid}\\) ended at .* with SIGKILL; start 2`),
  );

  const last = await kept.nodes();
  const processes = [kept.keeper(), ...processesOf(last)];
  const said = await kept.must("down");
  for (const node of last) expect(said).toContain(`${node.id} (pid ${node.pid}) ended with`);
  await untilGone(processes, 1_000);
  await expectNoListener(last);
  expect(kept.names()).toEqual([]);
  expect(kept.dataFolders()).toEqual([]);
  expect(await kept.must("down")).toContain("nothing to do");
});

test("what makes no sense now is refused, and says what would", async () => {
  const kept = new KeptBackends();
  for (const args of [["status"], ["logs"], ["node", "stop", "etcd/1"], ["exec", "etcd/1", "ls"]]) {
    expect(await kept.run(...args)).toMatchObject({
      code: 2,
      err: expect.stringContaining('no backend "default" is up'),
    });
  }
  await kept.must("up");
  await kept.must("node", "stop", "etcd/3");
  const refused: readonly [readonly string[], RegExp][] = [
    [["up"], /"default" is up already[\s\S]*hunt down/],
    [["node", "stop", "etcd/4"], /no node "etcd\/4"\. Did you mean/],
    [["node", "stpo", "etcd/1"], /can't "stpo"\. Did you mean 'stop'/],
    [["node", "start", "etcd/1"], /etcd\/1 is running already \(pid \d+\)/],
    [["node", "kill", "etcd/3"], /etcd\/3 is not running[\s\S]*hunt node start etcd\/3/],
    [["node", "resume", "gateway/1"], /gateway\/1 is running already/],
    [["node", "kill", "etcd/1"], /would leave 1 of 3 etcd members[\s\S]*--allow-quorum-loss/],
    [["node", "pause", "etcd/1"], /would leave 1 of 3/],
    [["exec", "etcd/1"], /a command was expected/],
    [["exec", "etcd/9", "--", "ls"], /no node "etcd\/9"/],
    [["exec", "etcd/1", "--", "no-such-command"], /no-such-command could not be started/],
    [["logs", "gatway/1"], /no node "gatway\/1"\. Did you mean 'gateway\/1'/],
    [["logs", "--lines", "many"], /--lines: expected a whole number/],
    [["status", "--name", "No Name"], /--name: expected/],
    [["status", "--name", "blue"], /no backend "blue" is up[\s\S]*default/],
  ];
  for (const [args, message] of refused) {
    const { code, err } = await kept.run(...args);
    expect(err).toMatch(message);
    expect(code, args.join(" ")).toBe(2);
  }
  expect((await kept.nodes()).map((node) => node.state)).toEqual([
    "running",
    "running",
    "dead",
    "running",
    "running",
    "running",
  ]);
});

test("a gateway is paused, resumed, restarted, and not started on a port that was taken meanwhile", async () => {
  const kept = new KeptBackends();
  await kept.must("up");
  const { pid } = await kept.node("gateway/1");
  await kept.must("node", "pause", "gateway/1");
  expect(await kept.node("gateway/1")).toMatchObject({ pid, state: "paused", health: "paused" });
  await kept.must("node", "resume", "gateway/1");
  // Asking takes a second itself on a busy machine: within the default bound it would be asked once.
  await vi.waitFor(
    async () =>
      expect(await kept.node("gateway/1")).toMatchObject({ pid, state: "running", health: "ok" }),
    { timeout: 10_000 },
  );
  await kept.must("node", "restart", "gateway/1");
  const restarted = await kept.node("gateway/1");
  expect(restarted).toMatchObject({ state: "running", health: "ok", restarts: 1 });
  expect(restarted.pid).not.toBe(pid);

  await kept.must("node", "kill", "gateway/1");
  const port = Number(restarted.addresses["admin"]?.split(":")[1]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const refused = await kept.run("node", "start", "gateway/1");
  await new Promise((resolve) => server.close(resolve));
  expect(refused.code).toBe(3);
  expect(refused.err).toContain(`port ${port} is taken by pid ${process.pid}`);
  await kept.must("node", "start", "gateway/1");
  expect((await kept.node("gateway/1")).health).toBe("ok");
});

test("two names side by side are apart; exec runs with the addresses and in the data of its node", async () => {
  const kept = new KeptBackends();
  await Promise.all([kept.must("up", "--name", "blue"), kept.must("up", "--name", "green")]);
  const blue = await kept.nodes("blue");
  const folder = dirname(dirname(blue[0]?.logPath ?? ""));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "keeper.sock")).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "state.json")).mode & 0o777).toBe(0o600);
  expect(await kept.must("status", "--all")).toMatch(/blue {2}up[\s\S]*green {2}up/);
  const script =
    "echo $HUNT_NODE $HUNT_ADDRESS_CLIENT $HUNT_ADDRESS_PEER $ETCDCTL_ENDPOINTS; pwd; exit 7";
  const ended = await kept.run("exec", "--name", "blue", "etcd/1", "--", "sh", "-c", script);
  const { client, peer } = blue[0]?.addresses ?? {};
  expect(ended.out).toBe(`etcd/1 ${client} ${peer} ${client}\n${blue[0]?.dataDir}\n`);
  expect(ended.code).toBe(7);
  await kept.must("down", "--name", "blue");
  expect((await kept.nodes("green")).every((node) => node.health === "ok")).toBe(true);
});

test("one of two hunt up of the same name wins, and the other starts nothing", async () => {
  const kept = new KeptBackends();
  const ends = await Promise.all([kept.run("up"), kept.run("up")]);
  expect(ends.map((end) => end.code).sort()).toEqual([0, 2]);
  expect(kept.dataFolders()).toHaveLength(1);
  expect((await kept.nodes()).every((node) => node.health === "ok")).toBe(true);
});

test.each([
  ["Ctrl-C", "SIGINT" as const, 130],
  ["kill -9", "SIGKILL" as const, null],
])("%s of hunt up while etcd starts leaves nothing", async (_, signal, code) => {
  const kept = new KeptBackends();
  const hunt = kept.start("up");
  await hunt.untilPrinted(/starting gateway/);
  const processes = hunt.descendants();
  expect(processes.length).toBeGreaterThan(3);
  hunt.kill(signal);
  expect((await hunt.exited).code, hunt.err).toBe(code);
  await untilGone(processes, goneBoundMs);
  await vi.waitFor(() => {
    expect(kept.names()).toEqual([]);
    expect(kept.dataFolders()).toEqual([]);
  });
});

test("kill -9 of the keeper takes the nodes with it; status says so and down removes the rest", async () => {
  const kept = new KeptBackends();
  await kept.must("up");
  const processes = processesOf(await kept.nodes());
  process.kill(kept.keeper().pid, "SIGKILL");
  await untilGone(processes, goneBoundMs);
  expect(kept.dataFolders()).toHaveLength(1);
  const status = await kept.run("status");
  expect(status.code).toBe(2);
  expect(status.err).toMatch(/not running any more, since about \d{4}-.*keeper was killed/);
  expect(await kept.must("logs", "etcd/1")).toContain("etcd-1");
  expect(await kept.must("down")).toMatch(/not running any more.*were removed/);
  expect(kept.names()).toEqual([]);
  expect(kept.dataFolders()).toEqual([]);
});

test("a keeper whose socket was deleted is still ended by down", async () => {
  const kept = new KeptBackends();
  await kept.must("up");
  const nodes = await kept.nodes();
  const processes = [kept.keeper(), ...processesOf(nodes)];
  await kept.must(
    "exec",
    "etcd/1",
    "--",
    "rm",
    join(dirname(dirname(nodes[0]?.logPath ?? "")), "keeper.sock"),
  );
  expect(await kept.run("status")).toMatchObject({
    code: 3,
    err: expect.stringMatching(/hunt down/),
  });
  await kept.must("down");
  await untilGone(processes, 1_000);
  expect(kept.names()).toEqual([]);
});

test("logs --follow prints what comes, and ends when the backend goes down", async () => {
  const kept = new KeptBackends();
  await kept.must("up");
  const follower = kept.start("logs", "proxy/1", "--follow", "--lines", "1");
  await vi.waitFor(() => expect(follower.out).not.toBe(""), { timeout: 5_000 });
  await kept.must("node", "restart", "proxy/1");
  await vi.waitFor(() => expect(follower.out).toContain("start 2 follows"), { timeout: 5_000 });
  await kept.must("down");
  expect((await follower.exited).code).toBe(0);
});

test("bench --keep leaves the backend with its sessions, without the load generator", async () => {
  const kept = new KeptBackends();
  const bench = kept.start(
    "bench",
    "--scenario",
    "smoke",
    "--duration",
    "5s",
    "--keep",
    "--gate",
    "warn",
  );
  await bench.untilPrinted(/final reads/);
  const [k6] = bench.nodes(/k6 run/);
  expect((await bench.exited).code, bench.err).toBe(0);
  expect(bench.err).toContain("hunt down ends it");
  if (k6 !== undefined) expect(processFacts(k6.pid).command).not.toBe(k6.command);
  const nodes = await kept.nodes();
  expect(nodes.every((node) => node.health === "ok")).toBe(true);
  // The command that status prints works as printed.
  const [, url, session] =
    /curl -s (\S+\/v1\/sessions\/(\S+)\/state)/.exec(await kept.must("status")) ?? [];
  expect(await (await fetch(url ?? "")).json()).toMatchObject({ session });
  const logs = nodes.map((node) => node.logPath);
  const processes = processesOf(nodes);
  await kept.must("down");
  await untilGone(processes, 1_000);
  expect(kept.dataFolders()).toEqual([]);
  // They belong to the recording.
  expect(logs.every((path) => existsSync(path))).toBe(true);
});

function leaderOf(nodes: readonly NodeFacts[]): NodeFacts {
  const leader = nodes.find((node) => node.role === "leader");
  if (leader === undefined) throw new Error("no etcd member says that it is the leader");
  return leader;
}
