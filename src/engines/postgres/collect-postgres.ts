/**
 * Figures of PostgreSQL servers, as series `node.<id>.<figure>`, and a `leader` event for each timeline that a
 * primary begins. One query per server and second, over a connection that stays: a new one is a new process.
 */
import { z } from "zod";
import type { Collector } from "../../metrics/collect/collector.ts";
import { LeaderChanges } from "../../metrics/collect/leader-changes.ts";
import { type CollectedNode, putFigures } from "../collected-node.ts";
import { openPostgres, type PostgresConnection } from "./ask-postgres.ts";
import { parseRole, roleColumns } from "./postgres-roles.ts";

const query = `select ${roleColumns},
  d.*, a.* from
  (select sum(xact_commit)::float8 as commits, sum(xact_rollback)::float8 as rollbacks,
    sum(deadlocks)::float8 as deadlocks, sum(blks_read)::float8 as "blocksRead",
    sum(blks_hit)::float8 as "blocksHit", sum(temp_bytes)::float8 as "tempBytes" from pg_stat_database) d,
  (select count(*)::float8 as connections,
    count(*) filter (where state = 'active')::float8 as "activeConnections",
    count(*) filter (where state like 'idle in transaction%')::float8 as "idleInTransaction",
    count(*) filter (where wait_event_type = 'Lock')::float8 as "waitingForLocks",
    count(*) filter (where wait_event = 'SyncRep')::float8 as "waitingForStandbys"
    from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()) a`;

const figures = z.object({
  commits: z.number(),
  rollbacks: z.number(),
  deadlocks: z.number(),
  blocksRead: z.number(),
  blocksHit: z.number(),
  tempBytes: z.number(),
  connections: z.number(),
  activeConnections: z.number(),
  idleInTransaction: z.number(),
  waitingForLocks: z.number(),
  waitingForStandbys: z.number(),
});

/** One collector per server; `cluster` names it in `leader` events. */
export function postgresCollectors(cluster: string, nodes: readonly CollectedNode[]): Collector[] {
  const primaries = new LeaderChanges(cluster);
  return nodes.map(({ nodeId, address }) => {
    let connection: PostgresConnection | undefined;
    return {
      name: `figures of ${nodeId}`,
      async read(reading) {
        try {
          connection ??= await openPostgres(address, reading.signal);
          const [row] = await connection.ask(query, reading.signal);
          const { role, timeline, walBytes } = parseRole(row);
          const isPrimary = role === "primary";
          putFigures(nodeId, reading, {
            ...figures.parse(row),
            ...{ walBytes, timeline, isPrimary: isPrimary ? 1 : 0 },
          });
          if (isPrimary) primaries.observe(nodeId, timeline, reading);
        } catch (error) {
          connection?.close();
          connection = undefined;
          throw error;
        }
      },
    };
  });
}
