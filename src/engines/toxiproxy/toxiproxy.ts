/**
 * Toxiproxy with our toxic (`native/engines/cmd/toxiproxy`): one listener per link of the topology, open
 * from before etcd and the services start until after they have ended. docs/links.md says what it does to a link.
 */
import { fetchText } from "../../metrics/collect/sources/fetch-text.ts";
import type { AddressBook, NodeProgram } from "../../runtime/runtime.ts";
import { networkProfiles } from "../../topology/networks.ts";
import { proxyNameOf } from "../../topology/proxy-name.ts";
import { binaryPath } from "../programs/binaries.ts";

export const toxiproxy: NodeProgram = {
  command: ({ node, topology, addresses }) => ({
    program: binaryPath("toxiproxy"),
    args: [
      "--listen",
      addresses.address(node.id, "api"),
      "--seed",
      String(node.settings["seed"] ?? 1),
      ...topology.links
        .filter(({ id }) => node.ports.includes(id))
        .flatMap(({ id, to, port, network }) => [
          "--link",
          `${id}=${proxyNameOf(id)}=${addresses.address(node.id, id)}=${addresses.address(to, port)}`,
          ...(network === undefined
            ? []
            : ["--base", `${id}=${JSON.stringify(networkProfiles[network])}`]),
        ]),
    ],
    env: {},
  }),
  checkReady: async ({ node, addresses }, signal) => {
    await fetchText(linksUrl(addresses, node.id), signal);
  },
  readyTimeoutMs: 10_000,
  stopTimeoutMs: 1_500,
};

function linksUrl(addresses: AddressBook, nodeId: string): string {
  return `http://${addresses.address(nodeId, "api")}/hunt/links`;
}
