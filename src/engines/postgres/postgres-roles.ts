/** Who of a group of PostgreSQL servers is its primary, and how that changes. */
import { z } from "zod";
import type { EngineHealth } from "../engine-health.ts";
import { askPostgres } from "./ask-postgres.ts";

export interface PostgresRole {
  readonly role: "primary" | "standby";
  /** It goes up by one with each promotion; of a standby the one that it receives. */
  readonly timeline: number;
  /** How far its log goes, in bytes: written on a primary, received or replayed on a standby. */
  readonly walBytes: number;
}

const lsnStart = "'0/0'::pg_lsn";

/** Of a query whose row `parseRole` reads. */
export const roleColumns = `pg_is_in_recovery() as standby,
  case when pg_is_in_recovery() then
    coalesce((select received_tli from pg_stat_wal_receiver), (select timeline_id from pg_control_checkpoint()))
  else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline,
  case when pg_is_in_recovery() then
    greatest(coalesce(pg_last_wal_receive_lsn(), ${lsnStart}), coalesce(pg_last_wal_replay_lsn(), ${lsnStart})) - ${lsnStart}
  else pg_current_wal_lsn() - ${lsnStart} end as wal`;

const roleRow = z.object({
  standby: z.boolean(),
  timeline: z.number(),
  wal: z.string().transform(Number),
});

export function parseRole(row: unknown): PostgresRole {
  const { standby, timeline, wal } = roleRow.parse(row);
  return { role: standby ? "standby" : "primary", timeline, walBytes: wal };
}

export async function postgresRole(address: string, signal: AbortSignal): Promise<PostgresRole> {
  const [row] = await askPostgres(address, `select ${roleColumns}`, signal);
  return parseRole(row);
}

/** A standby that receives nothing serves old data: it is not healthy. */
export async function postgresHealth(address: string, signal: AbortSignal): Promise<EngineHealth> {
  const receiving = "(select status from pg_stat_wal_receiver) as receiver";
  const [row] = await askPostgres(address, `select ${roleColumns}, ${receiving}`, signal);
  const { role, timeline, walBytes } = parseRole(row);
  const { receiver } = z.object({ receiver: z.string().nullable() }).parse(row);
  const detail = `timeline ${timeline}, log at ${walBytes}`;
  if (role === "primary" || receiver === "streaming") return { healthy: true, role, detail };
  return { healthy: false, role, detail: `${detail}, receives nothing` };
}

/** Resolves when the standby takes writes. */
export async function promotePostgres(address: string, signal: AbortSignal): Promise<void> {
  const rows = await askPostgres(address, "select pg_promote(true, 30) as promoted", signal);
  const [{ promoted }] = z.tuple([z.object({ promoted: z.boolean() })]).parse(rows);
  if (!promoted) throw new Error(`${address} was not promoted within 30 s`);
}

/** Points a standby that runs at another primary. */
export async function followPostgres(
  address: string,
  conninfo: string,
  signal: AbortSignal,
): Promise<void> {
  const quoted = conninfo.replaceAll("'", "''");
  await askPostgres(address, `alter system set primary_conninfo = '${quoted}'`, signal);
  await askPostgres(address, "select pg_reload_conf()", signal);
}
