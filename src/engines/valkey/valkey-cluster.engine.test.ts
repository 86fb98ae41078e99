import { Cluster } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { poll } from "../../../test/fixtures/poll.ts";
import { engineNode, startEngines } from "../../../test/fixtures/runtime/engine-backend.ts";
import { memoryReadings } from "../../../test/fixtures/runtime/memory-readings.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { linkId, type Topology } from "../../topology/topology.ts";
import { addressParts } from "../address-parts.ts";
import { valkeyFacts, withValkey } from "./ask-valkey.ts";
import { valkeyCollectors } from "./collect-valkey.ts";
import { valkeyHealth } from "./valkey-health.ts";

const bound = () => AbortSignal.timeout(10_000);
const ids = [1, 2, 3, 4, 5, 6].map((number) => `valkey/${number}`);

async function startCluster(links: Topology["links"] = []) {
  const zones = ["a", "b", "c", "a", "b", "c"] as const;
  const nodes = ids.map((id, index) => {
    return { ...engineNode(id, ["client", "bus"]), zone: zones[index] ?? "a" };
  });
  const proxy = engineNode("toxiproxy/1", ["api", ...links.map(({ id }) => id)]);
  const engine = await startEngines(links.length === 0 ? [nodes] : [[proxy], nodes], links);
  const at = (id: string) => engine.backend.addresses.address(id, "client");
  const facts = async (id: string, section: string) =>
    valkeyFacts(await withValkey(at(id), bound(), (call) => call("INFO", section)));
  const client = (address: string) => {
    const cluster = new Cluster([addressParts(address)], { slotsRefreshInterval: 500 });
    cluster.on("error", () => {});
    onTestFinished(() => cluster.disconnect());
    return cluster;
  };
  return { ...engine, at, facts, client };
}

test("six servers are one cluster, a killed master is replaced, and comes back as a replica with its data", async () => {
  const cluster = await startCluster();
  const roles = await Promise.all(
    ids.map(async (id) => (await cluster.facts(id, "replication")).get("role")),
  );
  expect(roles).toEqual(["master", "master", "master", "slave", "slave", "slave"]);
  const client = cluster.client(cluster.at("valkey/1"));
  const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
  for (const key of keys) await client.set(key, "kept");
  // Replication is asynchronous: what no replica has is lost with its master.
  for (const id of ids.slice(0, 3)) {
    await poll(async () => {
      const told = await cluster.facts(id, "replication");
      return /offset=(\d+)/.exec(told.get("slave0") ?? "")?.[1] === told.get("master_repl_offset");
    }).toBe(true);
  }
  const facts = await cluster.facts("valkey/1", "replication");
  const port = /port=(\d+)/.exec(facts.get("slave0") ?? "")?.[1];
  const replica = ids.find((id) => cluster.at(id).endsWith(`:${port}`)) ?? "";
  expect(ids.slice(3)).toContain(replica);

  const events: TimelineEvent[] = [];
  const collected = memoryReadings(
    valkeyCollectors("cache", [{ nodeId: replica, address: cluster.at(replica) }]),
    events,
  );
  expect(await collected(`node.${replica}.isMaster`)).toBe(0);
  await cluster.kill("valkey/1");
  await poll(async () => (await cluster.facts(replica, "replication")).get("role")).toBe("master");
  expect(await collected(`node.${replica}.isMaster`)).toBe(1);
  expect(events).toMatchObject([
    { kind: "leader", cluster: "cache", node: replica, term: expect.any(Number) },
  ]);
  for (const key of keys) expect(await client.get(key)).toBe("kept");
  await client.set("after", "the failover");

  await cluster.restart("valkey/1");
  await poll(async () => {
    const found = await cluster.facts("valkey/1", "replication");
    return [found.get("role"), found.get("master_link_status")];
  }).toEqual(["slave", "up"]);
  await poll(() => valkeyHealth(cluster.at("valkey/1"), bound())).toEqual({
    ...{ healthy: true, role: "replica", detail: "16384 of 16384 slots are served" },
  });
});

test("what clients and servers learn from the cluster leads through its links", async () => {
  const links = ids.flatMap((to) => [
    { id: linkId("clients", to, "client"), from: "clients", to, port: "client" },
    { id: linkId("peers", to, "bus"), from: "peers", to, port: "bus" },
  ]);
  const { at, client, backend } = await startCluster(links);
  const linked = ids.map(
    (id) => addressParts(backend.addresses.linkAddress("clients", id, "client")).port,
  );
  const own = ids.map((id) => addressParts(at(id)).port);
  expect(linked.filter((port) => own.includes(port))).toEqual([]);
  const shards = await withValkey(at("valkey/2"), bound(), (call) => call("CLUSTER", "NODES"));
  const announced = String(shards)
    .trim()
    .split("\n")
    .map((line) => {
      const [, address = ""] = line.split(" ");
      return /:(\d+)@(\d+)/.exec(address)?.slice(1).map(Number) ?? [];
    });
  expect(announced.map(([port]) => port).toSorted()).toEqual(linked.toSorted());
  const buses = ids.map(
    (id) => addressParts(backend.addresses.linkAddress("peers", id, "bus")).port,
  );
  expect(announced.map(([, bus]) => bus).toSorted()).toEqual(buses.toSorted());
  const players = client(backend.addresses.linkAddress("clients", "valkey/1", "client"));
  for (let index = 0; index < 30; index += 1) await players.set(`key-${index}`, "kept");
  expect(
    players
      .nodes("all")
      .map(({ options }) => options.port)
      .every((port) => linked.includes(port ?? 0)),
  ).toBe(true);
});
