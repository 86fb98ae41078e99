/**
 * Figures of TCP sockets, from the program `sockets` (docs/collected-series.md): what was retransmitted
 * on each kind of link, and what waits in the queues to each member of a cluster. The program reads queues ten
 * times per second, since a queue is gone within milliseconds; each reading is recorded at its own time.
 */
import { z } from "zod";
import type { Collector, Reading } from "./collector.ts";
import { fetchText } from "./sources/fetch-text.ts";

export interface SocketPort {
  readonly nodeId: string;
  /** Of the node, such as `proxy`. */
  readonly kind: string;
  /** `client`, `peer`, `grpc`. */
  readonly name: string;
  /** Of which the node is a member. */
  readonly cluster?: string;
}

export interface SocketsCollectorOptions {
  /** `host:port` of the program. */
  readonly address: string;
  /** In the order in which the program was given them. */
  readonly ports: readonly SocketPort[];
}

const bytesSchema = z.array(z.number().nonnegative());
const answerSchema = z.object({
  ports: z.array(
    z.object({
      retransmits: z.number().nonnegative(),
      notSentBytes: z.number().nonnegative(),
      rttMaxUs: z.number().nonnegative(),
    }),
  ),
  queues: z
    .array(z.object({ atMonotonicMs: z.number(), inBytes: bytesSchema, outBytes: bytesSchema }))
    .max(100),
});

type Answer = z.infer<typeof answerSchema>;

export function socketsCollector({ address, ports }: SocketsCollectorOptions): Collector {
  const links = linksOf(ports);
  const members = membersOf(ports);
  return {
    name: "figures of sockets",
    async read(reading) {
      const text = await fetchText(`http://${address}/sockets`, reading.signal);
      const answer = answerSchema.parse(JSON.parse(text));
      if (answer.ports.length !== ports.length) {
        throw new Error(
          `${address} told of ${answer.ports.length} ports, ${ports.length} expected`,
        );
      }
      for (const [link, indices] of links) recordLink(link, indices, answer, reading);
      for (const member of members) recordQueue(member, answer, reading);
    },
  };
}

/** Ports of one kind are one link: `proxy-http` is everybody's way to every proxy. */
function linksOf(ports: readonly SocketPort[]): Map<string, number[]> {
  const links = new Map<string, number[]>();
  for (const [index, { kind, name }] of ports.entries()) {
    const link = `${kind}-${name}`;
    links.set(link, [...(links.get(link) ?? []), index]);
  }
  return links;
}

function recordLink(
  link: string,
  indices: readonly number[],
  answer: Answer,
  { t, sink }: Reading,
): void {
  const facts = indices.flatMap((index) => answer.ports[index] ?? []);
  const sum = (of: (port: (typeof facts)[number]) => number) =>
    facts.reduce((total, port) => total + of(port), 0);
  sink.sample(
    t,
    `sockets.${link}.retransmits`,
    sum((port) => port.retransmits),
  );
  sink.sample(
    t,
    `sockets.${link}.notSentBytes`,
    sum((port) => port.notSentBytes),
  );
  const rttMaxUs = Math.max(...facts.map((port) => port.rttMaxUs));
  sink.sample(t, `sockets.${link}.rttMaxMs`, rttMaxUs / 1000);
}

interface Member {
  readonly nodeId: string;
  /** Bytes on their way to these ports are on their way to the member. */
  readonly own: readonly number[];
  /** Peers dial each other both ways: what another member sends may leave by its own port. */
  readonly othersPeer: readonly number[];
}

function membersOf(ports: readonly SocketPort[]): Member[] {
  const all = [...ports.entries()].filter(([, port]) => port.cluster !== undefined);
  const indicesOf = (wanted: (port: SocketPort) => boolean) =>
    all.flatMap(([index, port]) => (wanted(port) ? [index] : []));
  const clusterOf = new Map(all.map(([, { nodeId, cluster }]) => [nodeId, cluster]));
  return [...clusterOf].map(([nodeId, cluster]) => ({
    nodeId,
    own: indicesOf((port) => port.nodeId === nodeId),
    othersPeer: indicesOf(
      (port) => port.cluster === cluster && port.nodeId !== nodeId && port.name === "peer",
    ),
  }));
}

function recordQueue(member: Member, { queues }: Answer, { startMs, sink }: Reading): void {
  for (const { atMonotonicMs, inBytes, outBytes } of queues) {
    const toOwn = member.own.reduce((sum, index) => sum + (inBytes[index] ?? 0), 0);
    const fromOthers = member.othersPeer.reduce((sum, index) => sum + (outBytes[index] ?? 0), 0);
    const t = (atMonotonicMs - startMs) / 1000;
    sink.sample(t, `node.${member.nodeId}.inQueueBytes`, toOwn + fromOthers);
  }
}
