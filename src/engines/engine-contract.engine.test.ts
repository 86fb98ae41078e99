/** What every engine does as a node of the runtime, whatever it is. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { poll } from "../../test/fixtures/poll.ts";
import { engineNode, startEngines } from "../../test/fixtures/runtime/engine-backend.ts";
import {
  type EngineClient,
  natsClient,
  postgresClient,
  valkeyClient,
} from "../../test/fixtures/runtime/engine-clients.ts";
import { memoryReadings } from "../../test/fixtures/runtime/memory-readings.ts";
import type { Collector } from "../metrics/collect/collector.ts";
import { optional } from "../optional.ts";
import type { CollectedNode } from "./collected-node.ts";
import type { EngineHealth } from "./engine-health.ts";
import { natsCollectors } from "./nats/collect-nats.ts";
import { natsHealth } from "./nats/nats-health.ts";
import { postgresCollectors } from "./postgres/collect-postgres.ts";
import { postgresHealth } from "./postgres/postgres-roles.ts";
import { valkeyCollectors } from "./valkey/collect-valkey.ts";
import { valkeyHealth } from "./valkey/valkey-health.ts";

interface Contract {
  readonly ports: readonly string[];
  /** The port that is read for figures and health. */
  readonly read: string;
  connect(address: string): Promise<EngineClient>;
  collectors(cluster: string, nodes: readonly CollectedNode[]): Collector[];
  health(nodeId: string, address: string, signal: AbortSignal): Promise<EngineHealth>;
  /** Alone. */
  readonly role?: string;
  /** A counter that every write moves. */
  readonly counts: string;
}

const contracts: Readonly<Record<string, Contract>> = {
  valkey: {
    ...{ ports: ["client"], read: "client", role: "master", counts: "commands" },
    connect: valkeyClient,
    collectors: valkeyCollectors,
    health: (_, address, signal) => valkeyHealth(address, signal),
  },
  nats: {
    ...{ ports: ["client", "monitor"], read: "monitor", counts: "storedMessages" },
    connect: natsClient,
    collectors: natsCollectors,
    health: natsHealth,
  },
  postgres: {
    ...{ ports: ["client"], read: "client", role: "primary", counts: "walBytes" },
    connect: postgresClient,
    collectors: postgresCollectors,
    health: (_, address, signal) => postgresHealth(address, signal),
  },
};

describe.each(Object.entries(contracts))("a node of %s", (kind, contract) => {
  const { ports, connect } = contract;
  const id = `${kind}/1`;

  async function start() {
    const engine = await startEngines([[engineNode(id, ports)]]);
    const address = engine.backend.addresses.address(id, "client");
    const client = async () => {
      const opened = await connect(address);
      onTestFinished(() => opened.close().catch(() => {}));
      return opened;
    };
    return { ...engine, client };
  }

  test("is killed as a tree while it is written to, comes back with all that it acknowledged, and leaves nothing", async () => {
    const engine = await start();
    const acknowledged: string[] = [];
    const write = async (writer: number) => {
      const client = await engine.client();
      for (let count = 0; ; count += 1) {
        await client.put(`${writer}-${count}`, "kept");
        acknowledged.push(`${writer}-${count}`);
      }
    };
    const ended = Promise.allSettled([1, 2, 3, 4].map(write));
    await poll(() => acknowledged.length).toBeGreaterThan(40);
    const killed = engine.tree(id);
    await engine.kill(id);
    for (const pid of killed) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await expect(engine.client()).rejects.toThrow();
    await engine.restart(id);
    await ended;
    const client = await engine.client();
    for (const key of acknowledged) expect(await client.get(key)).toBe("kept");
    // As the last thing that happens to it: nothing of a kill may stay behind.
    await engine.kill(id);
    await engine.backend.stop();
    await expect(engine.client()).rejects.toThrow();
    expect(await engine.leftovers()).toEqual([]);
  });

  test("costs what its tree costs, stands still as a whole when paused, and can be stopped then", async () => {
    const engine = await start();
    const client = await engine.client();
    for (let count = 0; count < 100; count += 1) await client.put(`${count}`, "x".repeat(2_000));
    const read = engine.backend.addresses.address(id, contract.read);
    const collected = memoryReadings(contract.collectors(kind, [{ nodeId: id, address: read }]));
    const before = await collected(`node.${id}.${contract.counts}`);
    await client.put("another", "kept");
    // A server may count a moment after it has answered.
    await poll(() => collected(`node.${id}.${contract.counts}`)).toBeGreaterThan(before);
    expect(await collected(`node.${id}.connections`)).toBeGreaterThan(0);
    const health = await contract.health(id, read, AbortSignal.timeout(5_000));
    expect(health).toMatchObject({ healthy: true, ...optional({ role: contract.role }) });

    // What served the health's connection may be about to end.
    await poll(async () => {
      const [read] = await engine.backend.figures();
      return (read?.processes ?? 0) - engine.tree(id).length;
    }).toBe(0);
    const [figures] = await engine.backend.figures();
    expect(figures?.cpuSeconds).toBeGreaterThan(0.01);
    expect(figures?.rssBytes).toBeGreaterThan(3e6);
    expect(figures?.rssBytes).toBeLessThan(200e6);
    expect(figures?.bytesWritten).toBeGreaterThan(100_000);

    await engine.backend.signalNode(id, "SIGSTOP");
    await expect(contract.health(id, read, AbortSignal.timeout(200))).rejects.toThrow();
    for (const pid of engine.tree(id)) expect(stateOf(pid)).toBe("T");
    const asked = client.get("7");
    expect(await Promise.race([asked, sleep(200, "nothing")])).toBe("nothing");
    await engine.backend.signalNode(id, "SIGCONT");
    expect(await asked).toBe("x".repeat(2_000));

    await engine.backend.signalNode(id, "SIGSTOP");
    const exit = await engine.backend.stopNode(id);
    expect(exit).toMatchObject({ signal: undefined, expected: true });
    expect(exit.cpuSeconds).toBeGreaterThanOrEqual(figures?.cpuSeconds ?? 0);
    await engine.backend.stop();
    expect(await engine.leftovers()).toEqual([]);
  });
});

function stateOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[0];
}
