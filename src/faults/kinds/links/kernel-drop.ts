/**
 * What lose and partition have in common: nftables drops segments of a link on the receive side, so that
 * TCP loses them for real and retransmits. One small program per link holds the rules
 * (`native/tools/cmd/firewall`) in a table that ends with its process, as a child of the keeper: no rule
 * outlives either. It drops at the link's own listener, so no other link is touched.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { binaryPath } from "../../../engines/programs/binaries.ts";
import { fetchText } from "../../../metrics/collect/sources/fetch-text.ts";
import { suggestionFor } from "../../../suggestion.ts";
import { linkProxyOf, type TopologyNode } from "../../../topology/topology.ts";
import type { Availability, Fault, FaultKind, FaultWorld } from "../../fault.ts";
import { until } from "../serving.ts";
import { graceMs, untilTold } from "./link-traffic.ts";

const stopTimeoutMs = 1_000;
const startBoundMs = 3_000;
/** Wait at most this long for traffic on a silent link. */
const quietMs = 3_000;
/** capabilities(7) */
const capNetAdmin = 1n << 12n;

const directions = ["to", "from", "both"] as const;
const dropsAnswer = z.object({ to: z.number(), from: z.number() });

interface Loss {
  /** 0 to 1; 1 drops everything. */
  readonly share: number;
  readonly direction: (typeof directions)[number];
}

export const onDroppedLinks = {
  nodeKinds: ["link"],
  lasts: true,
  takesAway: false,
  undo: "end the program that holds the rules",
  available: netAdmin,
} satisfies Partial<FaultKind>;

export function lossOf(text: string): Loss {
  const loss = readLoss(text);
  return "wrong" in loss ? { share: 1, direction: "both" } : loss;
}

export function readLoss(text: string): Loss | { readonly wrong: string } {
  let loss: Loss = { share: 1, direction: "both" };
  for (const pair of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = pair.split("=");
    if (name === "loss") {
      const share = Number(/^(\d+(?:\.\d+)?)%$/.exec(value)?.[1]) / 100;
      if (!(share > 0 && share <= 0.5)) {
        return { wrong: `expected loss=VALUE such as 3%, at most 50%, got "${value}"` };
      }
      loss = { ...loss, share };
    } else if (name === "direction") {
      const direction = directions.find((each) => each === value);
      if (direction === undefined) {
        return { wrong: `direction is to, from or both, got "${value}"` };
      }
      loss = { ...loss, direction };
    } else {
      return { wrong: `there is no "${name}" here. ${suggestionFor(name, ["loss", "direction"])}` };
    }
  }
  return loss;
}

export function dropOn(
  link: TopologyNode,
  world: FaultWorld,
  { share, direction }: Loss,
  forS: number | undefined,
): Fault {
  const { backend } = world;
  const holder: TopologyNode = {
    id: `firewall/${link.id}`,
    kind: "tool",
    zone: "",
    ports: ["http"],
    settings: {},
  };
  const state = () => backend.status().find(({ nodeId }) => nodeId === holder.id)?.state;
  const holds = () => state() !== undefined && state() !== "exited";
  const drops = async (signal: AbortSignal) => {
    const url = `http://${backend.addresses.address(holder.id, "http")}/drops`;
    return dropsAnswer.parse(JSON.parse(await fetchText(url, signal)));
  };
  let evidence = "";
  return {
    async inject() {
      const proxy = linkProxyOf(backend.topology);
      if (proxy === undefined) throw new Error("the links of this backend are direct");
      const port = backend.addresses.address(proxy.id, link.id).split(":").at(-1) ?? "";
      const flags = ["--port", port, "--share", String(share), "--direction", direction];
      await backend.startNode(
        holder,
        ({ addresses }) => ({
          program: binaryPath("firewall"),
          args: ["--listen", addresses.address(holder.id, "http"), ...flags],
          env: {},
        }),
        stopTimeoutMs,
      );
      await untilItHolds(world, holder.id, holds, drops);
    },
    async waitForEffect(signal) {
      await untilTold(signal, graceMs(quietMs, forS), async () => {
        const { to, from } = await drops(signal);
        if (to + from > 0) evidence = `the kernel dropped ${to + from} segments`;
        return evidence !== "";
      });
    },
    async heal() {
      if (holds()) await backend.stopNode(holder.id);
    },
    async waitForRecovery(signal) {
      await until(
        signal,
        () => `${holder.id} still runs`,
        async () => !holds(),
      );
    },
    evidence: () => evidence,
  };
}

/** Its first answer comes after its rules are in the kernel. */
async function untilItHolds(
  { backend }: FaultWorld,
  holder: string,
  holds: () => boolean,
  drops: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const signal = AbortSignal.timeout(startBoundMs);
  await until(
    signal,
    () => `${holder} does not answer`,
    async () => {
      if (!holds()) {
        const words = await backend.lastLines(holder, 3);
        throw new Error(`${holder} ended: ${words.join(" ")}`);
      }
      return drops(signal).then(
        () => true,
        () => false,
      );
    },
  );
}

function netAdmin(runtime: "local" | "docker" | "external"): Availability {
  if (runtime !== "local") {
    return { available: false, why: `runtime ${runtime} gives hunt no ports to drop on` };
  }
  const held = /^CapEff:\s*([0-9a-f]+)$/m.exec(readStatus())?.[1];
  if (held !== undefined && (BigInt(`0x${held}`) & capNetAdmin) !== 0n) return { available: true };
  return {
    available: false,
    why: "dropping segments needs CAP_NET_ADMIN (root); degrade models loss without",
  };
}

function readStatus(): string {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    return "";
  }
}
