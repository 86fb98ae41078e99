/**
 * Compares modelled loss with the kernel's. Three links lead to one echo server through one Toxiproxy:
 *
 *   probe ──▶ listener ──▶ stall toxic ──▶ echo      nothing acts on it: what the machine itself does
 *   probe ──▶ listener ──▶ stall toxic ──▶ echo      the fault `degrade` acts on the toxic
 *   probe ──▶ listener ──▶ stall toxic ──▶ echo      the fault `lose` acts on the listener's port
 *
 * The probes run at the same time, so that whatever else the machine does falls on both. The faults are
 * those of `hunt bench`, so it is them that are compared; proxy and rules are the keeper's children and end
 * with hunt.
 */
import { toxiproxy } from "../engines/toxiproxy/toxiproxy.ts";
import type { Fault, FaultKind, FaultWorld } from "../faults/fault.ts";
import { degrade } from "../faults/kinds/links/degrade.ts";
import { lose } from "../faults/kinds/links/lose.ts";
import type { Backend, NodeProgram } from "../runtime/runtime.ts";
import { proxyNameOf } from "../topology/proxy-name.ts";
import { type Link, linkId, type Topology, type TopologyNode } from "../topology/topology.ts";
import { type Agreement, compare, type RoundTrips, roundTripsOf } from "./comparison.ts";
import { Probe } from "./probe.ts";
import { type Traffic, traffics } from "./traffic.ts";

/** Each way. Rarer losses are watched for longer, so that as many are seen. */
const losses = [
  { percent: 1, weight: 4 },
  { percent: 3, weight: 2 },
  { percent: 5, weight: 1 },
] as const;
const healBoundMs = 5_000;

const linkProxy = "toxiproxy/1";
const withoutLink = linkTo("without");
const modelledLink = linkTo("modelled");
const realLink = linkTo("real");
const links = [withoutLink, modelledLink, realLink];

export interface CalibrationRow {
  readonly traffic: Traffic["name"];
  readonly lossPercent: number;
  /** On a link without loss, at the same time. */
  readonly without: RoundTrips;
  readonly modelled: RoundTrips;
  readonly real: RoundTrips;
  readonly agreement: Agreement;
  /** What shows that each fault bit. */
  readonly evidence: readonly string[];
}

/** What the backend of a calibration is; its one engine is Toxiproxy. */
export const calibrationTopology: Topology = {
  lanes: [],
  clusters: [],
  stages: [
    [
      {
        id: linkProxy,
        kind: "toxiproxy",
        zone: "",
        ports: ["api", ...links.map(({ id }) => id)],
        settings: {},
      },
    ],
  ],
  links,
};

/** Toxiproxy as in a bench, with all links leading to the echo server, which is no node. */
export function calibrationPrograms(echo: string): Readonly<Record<string, NodeProgram>> {
  const command: NodeProgram["command"] = (context) => {
    const { addresses } = context;
    const flags = links.flatMap(({ id }) => [
      "--link",
      `${id}=${proxyNameOf(id)}=${addresses.address(linkProxy, id)}=${echo}`,
    ]);
    const plain = toxiproxy.command({ ...context, topology: { ...context.topology, links: [] } });
    return { ...plain, args: [...plain.args, ...flags] };
  };
  return { toxiproxy: { ...toxiproxy, command } };
}

/**
 * @param forMs of sending, all in all; opening, healing and what is late at the end come on top.
 * @throws the reason of `signal`; Error when a fault can't be injected.
 */
export async function* calibrate(
  backend: Backend,
  { forMs, clock, signal }: CalibrateOptions,
): AsyncGenerator<CalibrationRow> {
  const world: FaultWorld = {
    backend,
    clock,
    ask: async () => ({ healthy: true, detail: "" }),
    kinds: [],
    costOfLoss: () => undefined,
  };
  const weights = losses.reduce((sum, { weight }) => sum + weight, 0);
  const unitMs = forMs / (weights * traffics.length);
  for (const traffic of traffics) {
    for (const { percent, weight } of losses) {
      yield await measure(world, traffic, percent, unitMs * weight, signal);
    }
  }
}

export interface CalibrateOptions {
  readonly forMs: number;
  readonly clock: FaultWorld["clock"];
  readonly signal: AbortSignal;
}

async function measure(
  world: FaultWorld,
  traffic: Traffic,
  lossPercent: number,
  forMs: number,
  signal: AbortSignal,
): Promise<CalibrationRow> {
  const { addresses } = world.backend;
  const open = ({ id }: Link) => Probe.open(addresses.address(linkProxy, id), traffic, signal);
  using without = await open(withoutLink);
  using modelled = await open(modelledLink);
  using real = await open(realLink);
  const faults = [
    faultOn(degrade, modelledLink, lossPercent, world),
    faultOn(lose, realLink, lossPercent, world),
  ];
  try {
    await Promise.all(faults.map((fault) => fault.inject()));
    const shown = Promise.all(faults.map((fault) => fault.waitForEffect(signal)));
    // It is awaited below; the probes come first.
    shown.catch(() => {});
    const trips = async (probe: Probe) =>
      roundTripsOf(await probe.run(forMs, signal), traffic.stallMs);
    const [a, b, c] = await Promise.all([trips(without), trips(modelled), trips(real)]);
    await shown;
    return {
      traffic: traffic.name,
      lossPercent,
      without: a,
      modelled: b,
      real: c,
      agreement: compare(a, b, c),
      evidence: faults.map((fault) => fault.evidence()),
    };
  } finally {
    const bound = AbortSignal.timeout(healBoundMs);
    await Promise.all(faults.map((fault) => fault.heal(bound)));
  }
}

function linkTo(port: string): Link {
  const [from, to] = ["probe/1", "echo/1"] as const;
  return { id: linkId(from, to, port), from, to, port };
}

function faultOn(kind: FaultKind, { id }: Link, lossPercent: number, world: FaultWorld): Fault {
  const node: TopologyNode = { id, kind: "link", zone: "", ports: [], settings: {} };
  const expression = `${kind.name} link:${id} with loss=${lossPercent}%`;
  const plan = { expression, kind: kind.name, selector: id, with: `loss=${lossPercent}%` };
  return kind.on(node, world, plan);
}
