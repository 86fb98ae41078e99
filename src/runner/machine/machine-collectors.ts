/** What is read of a run once, whichever lanes play: the sockets of all nodes, the disk, and the links that are proxied. */
import { diskNodeId } from "../../engines/disk.ts";
import { socketsNodeId, watchedPorts } from "../../engines/sockets.ts";
import { diskCollector } from "../../metrics/collect/collect-disk.ts";
import { linksCollector } from "../../metrics/collect/collect-links.ts";
import { socketsCollector } from "../../metrics/collect/collect-sockets.ts";
import type { Collector } from "../../metrics/collect/collector.ts";
import { optional } from "../../optional.ts";
import type { Backend } from "../../runtime/runtime.ts";
import { clusterOf, linkProxyOf } from "../../topology/topology.ts";

export function machineCollectors({
  topology,
  addresses,
}: Pick<Backend, "topology" | "addresses">): readonly Collector[] {
  const sockets = socketsCollector({
    address: addresses.address(socketsNodeId, "http"),
    ports: watchedPorts(topology).map(({ node, name }) => ({
      ...{ nodeId: node.id, kind: node.kind, name },
      ...optional({ cluster: clusterOf(topology, node)?.name }),
    })),
  });
  const disk = diskCollector(addresses.address(diskNodeId, "http"));
  const proxy = linkProxyOf(topology);
  const links = proxy === undefined ? [] : [linksCollector(addresses.address(proxy.id, "api"))];
  return [sockets, disk, ...links];
}
