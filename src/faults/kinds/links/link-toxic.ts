/**
 * What degrade and blackhole have in common: a profile is set on the link's proxy, and cleared again. That it bit
 * is told by the proxy's own counters: chunks that waited because of it. A link on which nobody talked meanwhile
 * has no evidence; a fault of which no link has any did nothing.
 */
import { type LinkState, readLinks } from "../../../metrics/links.ts";
import type { LinkProfile } from "../../../topology/networks.ts";
import { linkProxyOf, type TopologyNode } from "../../../topology/topology.ts";
import type { Fault, FaultKind, FaultWorld } from "../../fault.ts";
import { until } from "../serving.ts";
import { graceMs, untilTold } from "./link-traffic.ts";

const callBoundMs = 2_000;
/** Wait at most this long for traffic on a silent link. */
const quietMs = 2_000;

export const onProxiedLinks = {
  nodeKinds: ["link"],
  lasts: true,
  takesAway: false,
  undo: "clear the link's profile",
  available: (runtime) =>
    runtime === "local"
      ? { available: true }
      : { available: false, why: `runtime ${runtime} has no proxy in front of its links` },
} satisfies Partial<FaultKind>;

/** @param forS how long the fault lasts, where that is planned. */
export function toxicOn(
  link: TopologyNode,
  world: FaultWorld,
  profile: LinkProfile,
  forS: number | undefined,
): Fault {
  let before: LinkState | undefined;
  let evidence = "";
  return {
    async inject() {
      const signal = AbortSignal.timeout(callBoundMs);
      before = await stateOf(world, link.id, signal);
      await setProfile(world, link.id, profile, signal);
    },
    async waitForEffect(signal) {
      await untilTold(signal, graceMs(quietMs, forS), async () => {
        const now = await stateOf(world, link.id, signal);
        evidence = before === undefined ? "" : difference(before, now);
        return evidence !== "";
      });
    },
    heal: (signal) => setProfile(world, link.id, {}, signal),
    async waitForRecovery(signal) {
      await until(
        signal,
        () => `${link.id} is still under its profile`,
        async () => (await stateOf(world, link.id, signal)).profile === null,
      );
    },
    evidence: () => evidence,
  };
}

function difference(before: LinkState, now: LinkState): string {
  const more = (name: "delayed" | "held") =>
    now.upstream[name] + now.downstream[name] - before.upstream[name] - before.downstream[name];
  return (["delayed", "held"] as const)
    .filter((name) => more(name) > 0)
    .map((name) => `${more(name)} ${more(name) === 1 ? "chunk" : "chunks"} ${name}`)
    .join(", ");
}

export async function stateOf(
  world: FaultWorld,
  id: string,
  signal: AbortSignal,
): Promise<LinkState> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(callBoundMs)]);
  const states = await readLinks(apiOf(world), bounded);
  const state = states.find(({ name }) => name === id);
  if (state === undefined) throw new Error(`the proxy of the links knows no ${id}`);
  return state;
}

async function setProfile(
  world: FaultWorld,
  id: string,
  profile: LinkProfile,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`http://${apiOf(world)}/hunt/links/${encodeURIComponent(id)}`, {
    method: "PUT",
    body: JSON.stringify(profile),
    signal: AbortSignal.any([signal, AbortSignal.timeout(callBoundMs)]),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`the profile of ${id} was refused: ${body.trim()}`);
}

export function apiOf({ backend }: FaultWorld): string {
  const proxy = linkProxyOf(backend.topology);
  if (proxy === undefined) throw new Error("the links of this backend are direct");
  return backend.addresses.address(proxy.id, "api");
}
