/**
 * A store at its quota: etcd is filled up with a key of our own until it refuses the next write and raises
 * NOSPACE, as it would after days of growth. It then refuses every write of everybody, and space alone does
 * not bring it back: what is healed is what a person has to do (delete, compact, defragment each member,
 * disarm; https://etcd.io/docs/v3.6/op-guide/maintenance/#space-quota).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { FaultKind, FaultWorld } from "../../../faults/fault.ts";
import { ownedProcesses, until, untilServing } from "../../../faults/kinds/serving.ts";
import { nodesOf, type TopologyNode } from "../../../topology/topology.ts";
import { callEtcd, memberState } from "./etcd-calls.ts";

const mib = 1024 * 1024;
/** Three members write it twice each, to one disk. */
const quotaMaxBytes = 256 * mib;
const fillBoundMs = 60_000;
/** Outside the prefix of the services. */
const fillerKey = base64("hunt-filler");
/** Nothing else can be written meanwhile, so every watcher has seen it all when the compaction comes. */
const beforeCompactionMs = 500;

const alarmsAnswer = z.object({
  alarms: z.array(z.object({ memberID: z.string(), alarm: z.string().optional() })).default([]),
});

export const spaceAlarm: FaultKind = {
  name: "space-alarm",
  description: "etcd is filled up to its quota (--quota) and refuses every write (NOSPACE)",
  undo: "delete the filler, compact, defragment each member, disarm",
  nodeKinds: ["etcd"],
  lasts: true,
  injectBoundMs: fillBoundMs,
  takesAway: false,
  available: ownedProcesses,
  unsuitable({ settings }) {
    const quotaBytes = Number(settings["quotaBytes"] ?? Number.POSITIVE_INFINITY);
    if (quotaBytes <= quotaMaxBytes) return undefined;
    return `its store would have to be filled up: start it with --quota ${quotaMaxBytes / mib}MB or less`;
  },
  on(node, world) {
    let evidence = "";
    return {
      async inject() {
        const signal = AbortSignal.timeout(fillBoundMs);
        const filled = await fill(world, node, signal);
        evidence = `${filled} MiB written until it refused the next`;
      },
      async waitForEffect(signal) {
        await until(
          signal,
          () => "no member says NOSPACE",
          async () => (await alarmsOf(world, node, signal)).length > 0,
        );
        evidence = `NOSPACE at member ${(await alarmsOf(world, node, signal)).join(", ")}; ${evidence}`;
      },
      heal: (signal) => makeSpace(world, node, signal),
      async waitForRecovery(signal) {
        await until(
          signal,
          () => `${node.id} still says NOSPACE`,
          async () => (await alarmsOf(world, node, signal)).length === 0,
        );
        await untilServing(world, node, signal);
      },
      evidence: () => evidence,
    };
  },
};

/** @returns what fitted, MiB. @throws Error when etcd refuses for another reason. */
async function fill(world: FaultWorld, node: TopologyNode, signal: AbortSignal): Promise<number> {
  const value = base64("x".repeat(mib));
  for (let written = 0; written <= 2 * (quotaMaxBytes / mib); written += 1) {
    try {
      await callEtcd(world, node, "kv/put", { key: fillerKey, value }, signal);
    } catch (error) {
      if (String(error).includes("database space exceeded")) return written;
      throw error;
    }
  }
  throw new Error(`${node.id} took ${(2 * quotaMaxBytes) / mib} MiB, more than twice any quota`);
}

async function makeSpace(
  world: FaultWorld,
  node: TopologyNode,
  signal: AbortSignal,
): Promise<void> {
  await callEtcd(world, node, "kv/deleterange", { key: fillerKey }, signal);
  await sleep(beforeCompactionMs, undefined, { signal });
  const { revision } = await memberState(world, node, signal);
  const request = { revision: String(revision), physical: true };
  await callEtcd(world, node, "kv/compaction", request, signal).catch((error: unknown) => {
    // By an owner of the log, or by a heal before this one.
    if (!String(error).includes("has been compacted")) throw error;
  });
  for (const member of membersBeside(world, node)) {
    await callEtcd(world, member, "maintenance/defragment", {}, signal);
  }
  for (const memberID of await alarmsOf(world, node, signal)) {
    const disarm = { action: "DEACTIVATE", memberID, alarm: "NOSPACE" };
    await callEtcd(world, node, "maintenance/alarm", disarm, signal);
  }
}

/** Ids of the members that say NOSPACE. */
async function alarmsOf(
  world: FaultWorld,
  node: TopologyNode,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { alarms } = alarmsAnswer.parse(
    await callEtcd(world, node, "maintenance/alarm", { action: "GET" }, signal),
  );
  return alarms.flatMap(({ memberID, alarm }) => (alarm === "NOSPACE" ? [memberID] : []));
}

function membersBeside(world: FaultWorld, node: TopologyNode): TopologyNode[] {
  return nodesOf(world.backend.topology).filter(
    ({ kind, settings }) => kind === "etcd" && settings["cluster"] === node.settings["cluster"],
  );
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
