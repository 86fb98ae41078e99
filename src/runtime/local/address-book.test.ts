import { expect, test } from "vitest";
import { linkId, type Topology, type TopologyNode } from "../../topology/topology.ts";
import { LocalAddressBook, portsNeeded } from "./address-book.ts";

const etcd: TopologyNode = {
  id: "etcd/1",
  kind: "etcd",
  zone: "a",
  ports: ["client", "peer"],
  settings: {},
};
const gateway: TopologyNode = { ...etcd, id: "gateway/1", kind: "gateway", ports: ["grpc"] };
const topology: Topology = {
  lanes: [],
  clusters: [],
  stages: [[etcd], [gateway]],
  links: [
    {
      id: linkId("gateway/1", "etcd/1", "client"),
      from: "gateway/1",
      to: "etcd/1",
      port: "client",
    },
  ],
};

test("ports go to the nodes in order, by name", () => {
  const book = new LocalAddressBook(topology);
  expect(portsNeeded([etcd, gateway])).toBe(3);
  book.add([etcd, gateway], [11, 12, 13]);
  expect(book.address("etcd/1", "peer")).toBe("127.0.0.1:12");
  expect(book.address("gateway/1", "grpc")).toBe("127.0.0.1:13");
  expect(book.linkAddress("gateway/1", "etcd/1", "client")).toBe("127.0.0.1:11");
});

test("a connection that is not a link of the topology is refused, since no fault could reach it", () => {
  const book = new LocalAddressBook(topology);
  book.add([etcd, gateway], [11, 12, 13]);
  expect(() => book.linkAddress("gateway/1", "etcd/1", "peer")).toThrow("gateway/1->etcd/1:peer");
  expect(() => book.address("etcd/2", "peer")).toThrow("etcd/2:peer");
});

test("where links are proxied a link's address is the listener of its own, and the node's stays its own", () => {
  const link = "gateway/1->etcd/1:client";
  const proxy: TopologyNode = {
    ...etcd,
    id: "toxiproxy/1",
    kind: "toxiproxy",
    ports: ["api", link],
  };
  const proxied = { ...topology, stages: [[etcd], [proxy], [gateway]] };
  const book = new LocalAddressBook(proxied);
  book.add([etcd, proxy, gateway], [11, 12, 13, 14, 15]);
  expect(book.linkAddress("gateway/1", "etcd/1", "client")).toBe("127.0.0.1:14");
  expect(book.address("etcd/1", "client")).toBe("127.0.0.1:11");
  const found = new LocalAddressBook(proxied);
  found.restore(book.ports());
  expect(found.linkAddress("gateway/1", "etcd/1", "client")).toBe("127.0.0.1:14");
});
