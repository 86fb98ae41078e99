import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { poll } from "../../../test/fixtures/poll.ts";
import { engineNode, startEngines } from "../../../test/fixtures/runtime/engine-backend.ts";
import { memoryReadings } from "../../../test/fixtures/runtime/memory-readings.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import { nodesOf } from "../../topology/topology.ts";
import { binaryPath } from "../programs/binaries.ts";
import { askPostgres } from "./ask-postgres.ts";
import { postgresCollectors } from "./collect-postgres.ts";
import { conninfoOf } from "./data-folder.ts";
import { followPostgres, postgresHealth, postgresRole, promotePostgres } from "./postgres-roles.ts";

test("all of PostgreSQL's programs that hunt needs are there, of one version", () => {
  const folder = dirname(realpathSync(binaryPath("postgres")));
  const names = ["postgres", "initdb", "pg_ctl", "pg_basebackup", "pg_rewind", "psql"];
  const versions = names.map((name) => {
    const text = execFileSync(join(folder, name), ["--version"], { encoding: "utf8" });
    return / \(PostgreSQL\) (\d+\.\d+)/.exec(text)?.[1];
  });
  expect(versions).not.toContain(undefined);
  expect(new Set(versions).size).toBe(1);
});

const bound = () => AbortSignal.timeout(10_000);

async function startGroup() {
  const synchronousStandbyNames = 'ANY 1 ("postgres-2", "postgres-3")';
  const standby = { role: "standby" };
  const engine = await startEngines([
    [engineNode("postgres/1", ["client"], { synchronousStandbyNames })],
    [engineNode("postgres/2", ["client"], standby), engineNode("postgres/3", ["client"], standby)],
  ]);
  const at = (id: string) => engine.backend.addresses.address(id, "client");
  return {
    ...engine,
    at,
    placeOf: (id: string) => {
      const { topology, addresses } = engine.backend;
      const node = nodesOf(topology).find((each) => each.id === id);
      if (node === undefined) throw new Error(`no ${id}`);
      return { node, topology, addresses };
    },
    ask: (id: string, sql: string) => askPostgres(at(id), sql, bound()),
    role: async (id: string) => (await postgresRole(at(id), bound())).role,
  };
}

test("standbys are copies that follow, and refuse writes", async () => {
  const { ask, role } = await startGroup();
  await ask("postgres/1", "create table kept as select 7 as n");
  for (const id of ["postgres/2", "postgres/3"]) {
    expect(await role(id)).toBe("standby");
    await poll(() => ask(id, "select n from kept").catch(String)).toEqual([{ n: 7 }]);
    await expect(ask(id, "insert into kept values (8)")).rejects.toThrow("read-only transaction");
  }
  expect(await role("postgres/1")).toBe("primary");
});

test("a primary that was replaced comes back as a standby of the new one, without what nobody took", async () => {
  const group = await startGroup();
  const { ask, at, role, placeOf } = group;
  await ask("postgres/1", "create table kept (n int)");
  await ask("postgres/1", "insert into kept values (1)");
  // Without its standbys: this is written, and acknowledged to nobody.
  await group.kill("postgres/2");
  await group.kill("postgres/3");
  const alone = askPostgres(at("postgres/1"), "insert into kept values (2)", bound());
  alone.catch(() => {});
  await poll(() =>
    ask(
      "postgres/1",
      "select count(*)::int as n from pg_stat_activity where wait_event = 'SyncRep'",
    ),
  ).toEqual([{ n: 1 }]);
  await group.kill("postgres/1");
  await expect(alone).rejects.toThrow();
  await group.restart("postgres/2");
  await group.restart("postgres/3");

  // The one that has received more.
  const candidates = ["postgres/2", "postgres/3"] as const;
  const got = await Promise.all(candidates.map((id) => postgresRole(at(id), bound())));
  const ahead = (got[0]?.walBytes ?? 0) >= (got[1]?.walBytes ?? 0);
  const [first, second] = ahead ? candidates : (["postgres/3", "postgres/2"] as const);
  await promotePostgres(at(first), bound());
  await followPostgres(at(second), conninfoOf(placeOf(second), first), bound());
  expect(await postgresRole(at(first), bound())).toMatchObject({ role: "primary", timeline: 2 });
  const events: TimelineEvent[] = [];
  const nodes = [first, second].map((nodeId) => ({ nodeId, address: at(nodeId) }));
  const collected = memoryReadings(postgresCollectors("events", nodes), events);
  expect(await collected(`node.${first}.isPrimary`)).toBe(1);
  expect(await collected(`node.${second}.isPrimary`)).toBe(0);
  expect(events).toMatchObject([{ kind: "leader", cluster: "events", node: first, term: 2 }]);
  await ask(first, "insert into kept values (3)");

  await group.restart("postgres/1");
  expect(await role("postgres/1")).toBe("standby");
  await poll(() => postgresHealth(at("postgres/1"), bound())).toMatchObject({
    ...{ healthy: true, role: "standby" },
  });
  for (const id of ["postgres/1", second]) {
    await poll(() => ask(id, "select n from kept order by n")).toEqual([{ n: 1 }, { n: 3 }]);
  }
});

test("a primary that nobody replaced comes back as the primary, and a standby as a standby", async () => {
  const group = await startGroup();
  await group.ask("postgres/1", "create table kept as select 7 as n");
  await group.kill("postgres/2");
  await group.kill("postgres/1");
  await group.restart("postgres/1");
  await group.restart("postgres/2");
  expect(await group.role("postgres/1")).toBe("primary");
  expect(await group.role("postgres/2")).toBe("standby");
  await group.ask("postgres/1", "insert into kept values (8)");
});
