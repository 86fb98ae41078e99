/**
 * What proxied links did to what passed, once per second: the achieved delay of that second's chunks, both
 * directions together, and how many were stalled by modelled loss. A second in which nothing passed a
 * link has no delay, and is a gap.
 */

import { type LinkState, readLinks } from "../links.ts";
import type { Collector } from "./collector.ts";

type Buckets = ReadonlyMap<number, number>;

/** @param address `host:port` of the proxy's API. */
export function linksCollector(address: string): Collector {
  const before = new Map<string, Buckets>();
  return {
    name: "figures of links",
    async read({ t, sink, signal }) {
      for (const state of await readLinks(address, signal)) {
        const now = bucketsOf(state);
        const last = before.get(state.name);
        before.set(state.name, now);
        sink.sample(t, `link.${state.name}.stalls`, stallsOf(state));
        const passed = last === undefined ? [] : difference(last, now);
        const p50 = percentileMs(passed, 0.5);
        const p99 = percentileMs(passed, 0.99);
        if (p50 !== undefined) sink.sample(t, `link.${state.name}.delayP50Ms`, p50);
        if (p99 !== undefined) sink.sample(t, `link.${state.name}.delayP99Ms`, p99);
      }
    },
  };
}

function stallsOf({ upstream, downstream }: LinkState): number {
  return upstream.fastStalls + upstream.tailStalls + downstream.fastStalls + downstream.tailStalls;
}

function bucketsOf({ upstream, downstream }: LinkState): Buckets {
  const sum = new Map<number, number>();
  for (const [us, count] of [...upstream.delaysUs, ...downstream.delaysUs]) {
    sum.set(us, (sum.get(us) ?? 0) + count);
  }
  return sum;
}

/** Lowest first. A proxy that was started again counts from 0: what it has now is what passed. */
function difference(before: Buckets, now: Buckets): (readonly [us: number, count: number])[] {
  const restarted = [...before].some(([us, count]) => (now.get(us) ?? 0) < count);
  return [...now]
    .map(([us, count]) => [us, count - (restarted ? 0 : (before.get(us) ?? 0))] as const)
    .filter(([, count]) => count > 0)
    .sort(([left], [right]) => left - right);
}

/** The highest value of the bucket in which the percentile lies; undefined when nothing passed. */
function percentileMs(
  buckets: readonly (readonly [us: number, count: number])[],
  share: number,
): number | undefined {
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [us, count] of buckets) {
    seen += count;
    if (seen >= share * total) return us / 1000;
  }
  return undefined;
}
