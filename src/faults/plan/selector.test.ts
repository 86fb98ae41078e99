import { expect, test } from "vitest";
import { composeTopology, type LanePart } from "../../topology/compose-topology.ts";
import { linkId } from "../../topology/topology.ts";
import { generalFaultKinds, kindNamed } from "../faults.ts";
import { candidates, resolveTargets, selectorsFor } from "./selector.ts";

const kinds = generalFaultKinds;
const store = (id: string) => ({ id, kind: "postgres", zone: "a", ports: ["sql"], settings: {} });
const link = (from: string, to: string) => ({ id: linkId(from, to, "sql"), from, to, port: "sql" });

/** Two lanes whose stores are of one kind. */
function part(id: string): LanePart {
  return {
    ...{ id, design: "only", nodeKinds: { postgres: "engine" } },
    stages: [[store(`${id}-pg/1`), store(`${id}-pg/2`)]],
    links: [link(`${id}-pg/1`, `${id}-pg/2`)],
    clusters: [{ name: `${id}-pg`, kind: "postgres", roles: ["primary", "standby"] }],
  };
}

const topology = composeTopology([part("tiles"), part("events")], { links: "proxied" });

function targets(kindName: string, selector: string): string[] {
  const plan = { expression: `${kindName} ${selector}`, kind: kindName, selector };
  return candidates(plan, kindNamed(kinds, kindName), topology).map(({ id }) => id);
}

test("a role means the members of its own cluster, though another lane's are of the same kind", () => {
  expect(targets("kill", "events-pg/primary")).toEqual(["events-pg/1", "events-pg/2"]);
  expect(targets("blackhole", "link:tiles-pg->tiles-pg/standby")).toEqual([
    "tiles-pg/1->tiles-pg/2:sql",
  ]);
  expect(() => targets("kill", "events-pg/primry")).toThrow("Did you mean 'events-pg/primary'");
  expect(() => targets("kill", "postgres/primary")).toThrow('there is no "postgres/primary"');
  expect(() => targets("kill", "toxiproxy/1")).toThrow("kill acts on postgres, and");
  expect(selectorsFor(kindNamed(kinds, "kill"), topology).slice(0, 4)).toEqual([
    ...["tiles-pg/primary", "tiles-pg/standby", "events-pg/primary", "events-pg/standby"],
  ]);
});

test("a role is resolved by asking the members of its cluster, and nobody else", async () => {
  const asked: string[] = [];
  const world = {
    backend: { topology },
    ask: async ({ id }: { readonly id: string }) => {
      asked.push(id);
      return { healthy: true, role: id.endsWith("/2") ? "primary" : "standby", detail: "" };
    },
  };
  const resolve = (selector: string) =>
    resolveTargets({ expression: "", kind: "kill", selector }, kindNamed(kinds, "kill"), world);
  expect((await resolve("events-pg/primary")).map(({ id }) => id)).toEqual(["events-pg/2"]);
  expect(asked).toEqual(["events-pg/1", "events-pg/2"]);
});
