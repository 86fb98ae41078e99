import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, onTestFinished, test } from "vitest";
import { poll } from "../../../test/fixtures/poll.ts";
import { engineNode, startEngines } from "../../../test/fixtures/runtime/engine-backend.ts";
import { memoryReadings } from "../../../test/fixtures/runtime/memory-readings.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { natsCollectors } from "./collect-nats.ts";
import { natsHealth } from "./nats-health.ts";

const ids = ["nats/1", "nats/2", "nats/3"];

test("three servers elect a leader, go on without it, and take it back with what it missed", async () => {
  const engine = await startEngines([
    ids.map((id) => engineNode(id, ["client", "monitor", "route"])),
  ]);
  const { addresses } = engine.backend;
  const role = (id: string) =>
    natsHealth(id, addresses.address(id, "monitor"), AbortSignal.timeout(2_000)).then(
      (health) => health.role,
      () => "gone",
    );
  const leading = async (among: readonly string[]) => {
    const roles = await Promise.all(among.map(role));
    return among.filter((_, index) => roles[index] === "leader");
  };
  await poll(async () => (await leading(ids)).length).toBe(1);
  const connection = await connect({ servers: ids.map((id) => addresses.address(id, "client")) });
  onTestFinished(() => connection.close().catch(() => {}));
  const manager = await jetstreamManager(connection, { timeout: 5_000 });
  await manager.streams.add({ name: "HUNT", subjects: ["hunt.*"], num_replicas: 3 });
  const publish = (text: string) => manager.jetstream().publish("hunt.one", text, { retries: 20 });
  await publish("before");

  const [leader = ""] = await leading(ids);
  const others = ids.filter((id) => id !== leader);
  const events: TimelineEvent[] = [];
  const nodes = others.map((nodeId) => ({ nodeId, address: addresses.address(nodeId, "monitor") }));
  const collected = memoryReadings(natsCollectors("nats", nodes), events);
  await collected("");
  expect(events).toEqual([]);
  await engine.kill(leader);
  await poll(async () => (await leading(others)).length).toBe(1);
  await collected("");
  expect(events).toMatchObject([{ kind: "leader", cluster: "nats", term: 1 }]);
  await poll(() => publish("after").then(() => "published", String)).toBe("published");

  await engine.restart(leader);
  await poll(() => role(leader)).toBe("follower");
  await poll(async () => {
    const { cluster } = await manager.streams.info("HUNT");
    return cluster?.replicas?.every((replica) => replica.current) ?? false;
  }).toBe(true);
});
