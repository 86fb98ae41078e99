import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { ToxiproxyClient } from "../../src/engines/toxiproxy/toxiproxy-client.ts";
import { readLinks } from "../../src/metrics/links.ts";
import { linkOfProxy } from "../../src/topology/proxy-name.ts";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { descendantsOf, HuntProcess } from "./hunt-process.ts";
import { KeptBackends, type NodeFacts } from "./kept-backend.ts";

test("a bench over slow and lossy links loses nothing, and what players waited shows the delay", async () => {
  const hunt = new HuntProcess([
    ...["bench", "--scenario", "smoke", "--duration", "12s", "--json", "--no-warm-follower"],
    ...["--fault", "degrade link:player->gateway with delay=40ms,jitter=20ms,loss=3% at 4s for 3s"],
    ...["--fault", "blackhole link:gateway->etcd at 9s for 1s"],
    ...["--budget", "sessions.dig.p50 >= 80ms @fault:degrade", "--budget", "sessions.dig.p99 < 5s"],
  ]);
  expect((await hunt.exited).code, hunt.err).toBe(0);
  const summary = JSON.parse(hunt.out) as Summary;
  for (const guarantee of summary.guarantees) expect(guarantee).toMatchObject({ outcome: "held" });
  const [degrade, blackhole] = summary.faults;
  expect(degrade?.resolvedTo).toEqual(["k6/1->gateway/1:grpc", "k6/1->gateway/2:grpc"]);
  expect(degrade?.evidence).toMatch(/^k6\/1->gateway\/1:grpc: \d+ chunks? delayed; k6/);
  expect(blackhole?.evidence).toMatch(/gateway\/\d->etcd\/\d:client: .*\d+ chunks? held/);
  expect(blackhole?.problem).toBeNull();
  expect(summary.lanes["sessions"]?.settings).toMatchObject({ links: "faulted" });
  const timeline = readFileSync(join(hunt.reportsDir, summary.runId, "timeline.ndjson"), "utf8");
  expect(timeline).toMatch(/"t":-[\d.]+,"kind":"note","text":"backend ready after/);
  // Links that no fault acts on are direct.
  expect(timeline).not.toContain("link.peers->etcd/1:peer.");
  const delays = timeline.split("\n").flatMap((line) => {
    return /link\.k6\/1->gateway\/1:grpc\.delayP50Ms/.test(line) ? [JSON.parse(line)] : [];
  });
  const during = delays.filter(({ t }) => t > 5.5 && t < 7);
  expect(during.length).toBeGreaterThan(0);
  for (const { value } of during) expect(value).toBeGreaterThan(30);
}, 90_000);

test("players on different networks each feel their own, and get it back when a fault on it has healed", async () => {
  const p50s = ["lan", "mobile-4g"].flatMap((network) =>
    ["steady", "fault:degrade"].flatMap((phase) => [
      "--budget",
      `sessions.dig/${network}.p50 > 0ms @${phase}`,
    ]),
  );
  const hunt = new HuntProcess([
    ...["bench", "--scenario", "smoke", "--duration", "15s", "--json", "--no-warm-follower"],
    ...["--networks", "mobile-4g=60,lan=40", ...p50s],
    ...["--fault", "degrade link:player/lan->gateway with delay=100ms at 5s for 3s"],
  ]);
  // On a busy machine the generator may be late; what the networks do to each other shows all the same.
  expect([0, 4], hunt.err).toContain((await hunt.exited).code);
  const summary = JSON.parse(hunt.out) as Summary;
  expect(summary.faults[0]?.resolvedTo).toEqual([
    "player/lan->gateway/1:grpc",
    "player/lan->gateway/2:grpc",
  ]);
  const [lan = 0, lanInFault = 0, mobile = 0, mobileInFault = 0] = summary.budgets.map(
    ({ observed }) => observed ?? 0,
  );
  expect(lanInFault).toBeGreaterThan(200);
  expect(lanInFault).toBeGreaterThan(mobileInFault);
  expect(mobile).toBeGreaterThan(50);
  expect(lan).toBeLessThan(mobile);
  const { dig, ...actions } = summary.lanes["sessions"]?.actions ?? {};
  const [ofMobile, ofLan] = [actions["dig/mobile-4g"], actions["dig/lan"]];
  expect((ofMobile?.intended ?? 0) + (ofLan?.intended ?? 0)).toBe(dig?.intended);
  expect((ofMobile?.intended ?? 0) / (dig?.intended ?? 0)).toBeGreaterThan(0.4);
  expect(actions["read/mobile-4g"]?.serviceMs?.p50).toBeGreaterThan(40);
}, 90_000);

test("networks that can't be are refused before anything is started", async () => {
  for (const [flags, why] of [
    [["--networks", "mobile-4q=1"], "mobile-4g"],
    [["--networks", "lan"], "NAME=WEIGHT"],
    [["--networks", "lan=1", "--links", "direct"], "--links direct"],
    [["--networks", "lan=1", "--generator", "plain-k6", "--players", "100"], "plain k6"],
  ] as const) {
    const refused = new HuntProcess(["bench", "--scenario", "smoke", ...flags]);
    expect((await refused.exited).code, refused.out).toBe(2);
    expect(refused.err).toContain(why);
  }
});

test("a link that is not there, or is direct, is said before anything is started", async () => {
  const unknown = new HuntProcess([
    "bench",
    "--fault",
    "blackhole link:gatewy->etcd at 30s for 1s",
  ]);
  expect((await unknown.exited).code).toBe(2);
  expect(unknown.err).toContain("Did you mean 'link:gateway->etcd'");
  const fault = ["--fault", "blackhole link:gateway->etcd at 30s for 1s"];
  const direct = new HuntProcess(["bench", "--links", "direct", ...fault]);
  expect((await direct.exited).code).toBe(2);
  expect(direct.err).toContain("--links proxied");
});

test("by hand, a link's fault stays until hunt heal clears its profile, and no second one comes beside it", async () => {
  const kept = new KeptBackends();
  await kept.must("up", "--links", "proxied");
  const inject = ["fault", "inject", "degrade", "link:gateway->etcd", "with", "delay=5ms"];
  expect(await kept.must(...inject)).toMatch(/evidence: gateway.* chunks? delayed/);
  expect(await kept.node("toxiproxy/1")).toMatchObject({ detail: "16 links, 6 under a fault" });
  const again = await kept.run("fault", "inject", "blackhole", "link:gateway/1->etcd/1");
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining("is under the fault") });
  expect(await kept.must("heal")).toContain("fault degrade recovered");
  expect(await kept.node("toxiproxy/1")).toMatchObject({ detail: "16 links, all as they are" });
});

test("Toxiproxy's own API and client address every link, and its standard toxics are faults that heal", async () => {
  const kept = new KeptBackends();
  await kept.must("up", "--links", "proxied");
  const variables = await kept.must("exec", "toxiproxy/1", "--", "env");
  const url = /^TOXIPROXY_URL=(http:\S+)$/m.exec(variables)?.[1] ?? "";
  const { signal } = new AbortController();
  const client = new ToxiproxyClient(new URL(url).host);
  const links = await readLinks(new URL(url).host, signal);
  expect(links).toHaveLength(16);
  for (const { name, proxy } of links) {
    expect(linkOfProxy(proxy)).toBe(name);
    expect((await fetch(`${url}/proxies/${proxy}`)).status).toBe(200);
    expect(await client.proxy(proxy, signal)).toMatchObject({ name: proxy, enabled: true });
  }
  for (const [target, kind, settings, evidence] of [
    ["link:gateway/1->etcd/1", "reset", [], /\d+ connections? ended, and hunt's own got a reset/],
    ["link:gateway/1->etcd/2", "refuse", [], /hunt's own connection was refused, \d+ conn/],
    ["link:gateway/2->etcd/1", "slow-close", ["with", "delay=5s"], /was held after 5\d\d ms/],
    ["link:gateway/2->etcd", "limit-data", ["with", "bytes=1KB"], /came to the limit of 1000/],
  ] as const) {
    expect(await kept.must("fault", "inject", kind, target, ...settings)).toMatch(evidence);
    expect(await kept.must("heal")).toContain(`fault ${kind} recovered`);
  }
  const toxics = z.record(
    z.string(),
    z.object({ toxics: z.array(z.object({ name: z.string() })) }),
  );
  const proxies = toxics.parse(await (await fetch(`${url}/proxies`)).json());
  const names = Object.values(proxies).flatMap((proxy) => proxy.toxics.map(({ name }) => name));
  expect(new Set(names)).toEqual(new Set(["link-profile_upstream", "link-profile_downstream"]));
  expect((await client.proxies(signal)).every(({ enabled }) => enabled)).toBe(true);
});

test("a zone is cut off by every link across its border, and only from outside", async () => {
  const kept = new KeptBackends();
  await kept.must("up", "--links", "proxied");
  const cut = await kept.must("fault", "inject", "blackhole", "zone:b");
  // etcd/2 and gateway/2: what leads there from players and peers, and between them and other zones.
  expect(cut).toContain("k6/1->gateway/2:grpc");
  expect(cut).toContain("gateway/1->etcd/2:client");
  expect(cut).toContain("gateway/2->etcd/1:client");
  expect(cut).toContain("peers->etcd/2:peer");
  expect(cut).not.toContain("gateway/2->etcd/2:client");
  const refused = await kept.run("fault", "inject", "blackhole", "etcd/1");
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("leave 1 of 3") });
  await kept.must("heal");
  expect(await kept.node("toxiproxy/1")).toMatchObject({ detail: "16 links, all as they are" });
});

test("a leader that its peers can't hear is replaced, and joins them again when it is healed", async () => {
  const kept = new KeptBackends();
  await kept.must("up", "--links", "proxied");
  const leader = await leaderOf(kept);
  const cut = await kept.must("fault", "inject", "blackhole", "link:peers->etcd/leader");
  expect(cut).toContain(`armed on peers->${leader}:peer`);
  expect(cut).toMatch(/evidence: peers->etcd\/\d:peer: \d+ chunks? held/);
  const another = async () => (await leaderOf(kept)) ?? leader;
  await expect.poll(another, { timeout: 10_000 }).not.toBe(leader);
  const health = ["exec", leader ?? "", "--", "etcdctl", "endpoint", "health"];
  expect((await kept.run(...health)).code).not.toBe(0);
  await kept.must("heal");
  await kept.must(...health);
});

test("the kernel drops a link's segments only while its fault lasts, or says why it can't", async () => {
  const kept = new KeptBackends();
  await kept.must("up", "--links", "proxied");
  const cut = await kept.run("fault", "inject", "partition", "link:gateway/1->etcd/1");
  if (!mayDrop()) {
    expect(cut).toMatchObject({ code: 2, err: expect.stringContaining("CAP_NET_ADMIN") });
    return;
  }
  expect(cut.out).toMatch(/evidence: gateway\/1->etcd\/1:client: the kernel dropped \d+ segments/);
  const holders = () =>
    descendantsOf(kept.keeper().pid).filter(({ command }) => command.includes("/firewall "));
  expect(holders()).toHaveLength(1);
  expect(await kept.must("heal")).toContain("fault partition recovered");
  expect(holders()).toEqual([]);
});

function mayDrop(): boolean {
  const held = /^CapEff:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${held}`) & (1n << 12n)) !== 0n;
}

/** Not `must`: a member without a leader is no success. */
async function leaderOf(kept: KeptBackends): Promise<string | undefined> {
  const { out } = await kept.run("status", "--json");
  const { nodes } = JSON.parse(out) as { readonly nodes: readonly NodeFacts[] };
  return nodes.find(({ role }) => role === "leader")?.id;
}
