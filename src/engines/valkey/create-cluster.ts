/**
 * Makes one cluster of servers that have never met, as `valkey-cli --cluster create` does: slots, names for
 * all, replicas. The servers learn each other's announced addresses, so what they say leads through the links.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { ProgramContext, Steps } from "../../runtime/runtime.ts";
import { addressParts } from "../address-parts.ts";
import { announcedAt } from "../cluster-members.ts";
import { type ValkeyCall, valkeyFacts, withValkey } from "./ask-valkey.ts";

const slots = 16_384;
const pollEveryMs = 25;

/** The first nodes are masters; each replica's master is in another zone where that can be. */
export async function createCluster(
  contexts: readonly ProgramContext[],
  { signal }: Pick<Steps, "signal">,
): Promise<void> {
  const first = contexts[0];
  if (first === undefined) return;
  const replicasEach = Number(first.node.settings["replicas"] ?? 1);
  const masterCount = Math.max(1, Math.floor(contexts.length / (1 + replicasEach)));
  const masters = contexts.slice(0, masterCount);
  const on = <T>(context: ProgramContext, use: (call: ValkeyCall) => Promise<T>) =>
    withValkey(context.addresses.address(context.node.id, "client"), signal, use);

  for (const [index, master] of masters.entries()) {
    const range = [index, index + 1].map((part) => Math.round((part * slots) / masterCount));
    await on(master, (call) =>
      call("CLUSTER", "ADDSLOTSRANGE", range[0] ?? 0, (range[1] ?? slots) - 1),
    );
  }
  for (const [index, context] of contexts.entries()) {
    await on(context, (call) => call("CLUSTER", "SET-CONFIG-EPOCH", index + 1));
  }
  await on(first, async (call) => {
    for (const other of contexts.slice(1)) {
      const { host, port } = addressParts(announcedAt(other, "clients", "client"));
      const bus = addressParts(announcedAt(other, "peers", "bus"));
      await call("CLUSTER", "MEET", host, port, bus.port);
    }
  });
  for (const context of contexts) {
    await until(
      signal,
      () => on(context, async (call) => knownNodes(await call("CLUSTER", "INFO"))),
      contexts.length,
    );
  }
  await Promise.all(
    mastersOfReplicas(contexts, masterCount).map(async ([replica, master]) => {
      const id = String(await on(master, (call) => call("CLUSTER", "MYID")));
      await on(replica, (call) => call("CLUSTER", "REPLICATE", id));
    }),
  );
  for (const context of contexts) await until(signal, () => on(context, isWhole), true);
}

/** Polls until the answer is the wanted one. */
async function until<T>(signal: AbortSignal, ask: () => Promise<T>, wanted: T): Promise<void> {
  while ((await ask()) !== wanted) await sleep(pollEveryMs, undefined, { signal });
}

function knownNodes(info: unknown): number {
  return Number(valkeyFacts(info).get("cluster_known_nodes"));
}

async function isWhole(call: ValkeyCall): Promise<boolean> {
  if (valkeyFacts(await call("CLUSTER", "INFO")).get("cluster_state") !== "ok") return false;
  const replication = valkeyFacts(await call("INFO", "replication"));
  return replication.get("role") === "master" || replication.get("master_link_status") === "up";
}

function mastersOfReplicas(
  contexts: readonly ProgramContext[],
  masterCount: number,
): (readonly [ProgramContext, ProgramContext])[] {
  const masters = contexts.slice(0, masterCount);
  const load = new Map(masters.map((master) => [master, 0]));
  return contexts.slice(masterCount).map((replica) => {
    const weight = (master: ProgramContext) =>
      (load.get(master) ?? 0) + (master.node.zone === replica.node.zone ? 0.5 : 0);
    const [master] = masters.toSorted((a, b) => weight(a) - weight(b));
    if (master === undefined) throw new Error("a cluster needs a master");
    load.set(master, (load.get(master) ?? 0) + 1);
    return [replica, master] as const;
  });
}
