/** Ports of the nodes of one run. All of them are on 127.0.0.1. */
import {
  linkId,
  linkProxyOf,
  type PortName,
  type Topology,
  type TopologyNode,
} from "../../topology/topology.ts";
import type { AddressBook } from "../runtime.ts";

export class LocalAddressBook implements AddressBook {
  readonly #links: ReadonlySet<string>;
  readonly #linkProxy: TopologyNode | undefined;
  readonly #ports = new Map<string, number>();

  constructor(topology: Topology) {
    this.#links = new Set(topology.links.map((link) => link.id));
    this.#linkProxy = linkProxyOf(topology);
  }

  /** `ports` in the order in which `portsNeeded` counts them. */
  add(nodes: readonly TopologyNode[], ports: readonly number[]): void {
    const remaining = [...ports];
    for (const node of nodes) {
      for (const name of node.ports) {
        const port = remaining.shift();
        if (port === undefined) throw new Error(`no port left for ${node.id}:${name}`);
        this.#ports.set(`${node.id}:${name}`, port);
      }
    }
  }

  /** As `ports()` gave them, of a backend that somebody else has started. */
  restore(ports: Readonly<Record<string, number>>): void {
    for (const [name, port] of Object.entries(ports)) this.#ports.set(name, port);
  }

  /** By `<node>:<port name>`. */
  ports(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#ports);
  }

  /** @param but Those that are left out. */
  portsOf(node: TopologyNode, but: readonly PortName[] = []): readonly number[] {
    const names = node.ports.filter((name) => !but.includes(name));
    return names.flatMap((name) => this.#ports.get(`${node.id}:${name}`) ?? []);
  }

  address(nodeId: string, port: string): string {
    const number = this.#ports.get(`${nodeId}:${port}`);
    if (number === undefined) throw new Error(`the topology has no port ${nodeId}:${port}`);
    return `127.0.0.1:${number}`;
  }

  linkAddress(from: string, to: string, port: string): string {
    const id = linkId(from, to, port);
    if (!this.#links.has(id)) throw new Error(`the topology has no link ${id}`);
    const proxy = this.#linkProxy;
    return proxy?.ports.includes(id) ? this.address(proxy.id, id) : this.address(to, port);
  }
}

export function portsNeeded(nodes: readonly TopologyNode[]): number {
  return nodes.reduce((count, node) => count + node.ports.length, 0);
}
