/**
 * What reset, slow-close and limit-data have in common: a standard toxic of Toxiproxy stands on the link's
 * proxy, beside our own. Its name says who set it, so whoever heals knows it from the name alone.
 */
import {
  type StandardToxic,
  ToxiproxyClient,
} from "../../../engines/toxiproxy/toxiproxy-client.ts";
import type { LinkState } from "../../../metrics/links.ts";
import { proxyNameOf } from "../../../topology/proxy-name.ts";
import { linkProxyOf, type TopologyNode } from "../../../topology/topology.ts";
import type { Fault, FaultKind, FaultWorld } from "../../fault.ts";
import { until } from "../serving.ts";
import { apiOf, onProxiedLinks, stateOf } from "./link-toxic.ts";
import { graceMs, untilTold } from "./link-traffic.ts";

/** Wait at most this long for traffic on a silent link. */
const quietMs = 2_000;

export type Stream = StandardToxic["stream"];

const streams: readonly Stream[] = ["upstream", "downstream"];

export const onStandardToxics = {
  ...onProxiedLinks,
  undo: "remove the toxic from the link's proxy",
} satisfies Partial<FaultKind>;

export interface StandardToxicFault {
  readonly type: StandardToxic["type"];
  readonly attributes: StandardToxic["attributes"];
  readonly streams: readonly Stream[];
  /** Before the toxic stands. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
  /** The evidence; empty: there is none yet. */
  readonly look: (before: LinkState, now: LinkState, signal: AbortSignal) => Promise<string>;
}

export function standardToxicOn(
  link: TopologyNode,
  world: FaultWorld,
  { type, attributes, streams: chosen, prepare, look }: StandardToxicFault,
  forS: number | undefined,
): Fault {
  const name = proxyNameOf(link.id);
  const client = () => new ToxiproxyClient(apiOf(world));
  const toxicName = (stream: Stream) => `hunt-${type}-${stream}`;
  let before: LinkState | undefined;
  let evidence = "";
  return {
    async inject() {
      const signal = AbortSignal.timeout(2 * quietMs);
      await prepare?.(signal);
      before = await stateOf(world, link.id, signal);
      for (const stream of chosen) {
        await client().addToxic(
          name,
          { name: toxicName(stream), type, stream, attributes },
          signal,
        );
      }
    },
    async waitForEffect(signal) {
      await untilTold(signal, graceMs(quietMs, forS), async () => {
        const now = await stateOf(world, link.id, signal);
        evidence = before === undefined ? "" : await look(before, now, signal);
        return evidence !== "";
      });
    },
    async heal(signal) {
      for (const stream of streams) await client().removeToxic(name, toxicName(stream), signal);
    },
    async waitForRecovery(signal) {
      await until(
        signal,
        () => `${name} still has a toxic of the fault`,
        async () => {
          const left = streams.map((stream) => client().hasToxic(name, toxicName(stream), signal));
          return !(await Promise.all(left)).includes(true);
        },
      );
    },
    evidence: () => evidence,
  };
}

/** Where the link's clients connect. */
export function linkAddressOf({ backend }: FaultWorld, { id }: TopologyNode): string {
  const proxy = linkProxyOf(backend.topology);
  if (proxy === undefined) throw new Error("the links of this backend are direct");
  return backend.addresses.address(proxy.id, id);
}

/** Connections that ended between two readings. */
export function endedBetween(before: LinkState, now: LinkState): number {
  const ended = ({ upstream }: LinkState) => upstream.connections - upstream.openConnections;
  return ended(now) - ended(before);
}

export function connectionsText(count: number): string {
  return `${count} ${count === 1 ? "connection" : "connections"}`;
}
