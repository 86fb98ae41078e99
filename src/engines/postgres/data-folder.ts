/** The data folder of a PostgreSQL node: made by initdb, or as a copy of the primary's, and its settings. */
import { existsSync, realpathSync } from "node:fs";
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { NodeCommand, ProgramContext, Steps } from "../../runtime/runtime.ts";
import { nodeFileName } from "../../topology/topology.ts";
import { addressParts } from "../address-parts.ts";
import { type NodePlace, reachedAt } from "../cluster-members.ts";
import { binaryPath } from "../programs/binaries.ts";
import { askPostgres, maintenanceDatabase, postgresUser } from "./ask-postgres.ts";

/** A small server that is as durable as a large one: fsync stays on. */
const settings = {
  shared_buffers: "16MB",
  max_connections: "50",
  max_wal_size: "256MB",
  min_wal_size: "32MB",
  // A standby that was away for a moment finds what it missed, without a slot that fills the disk.
  wal_keep_size: "128MB",
  max_wal_senders: "6",
  max_replication_slots: "6",
  max_worker_processes: "2",
  max_parallel_workers: "0",
  max_logical_replication_workers: "0",
  bgwriter_lru_maxpages: "0",
  jit: "off",
  // A server that was a primary can be rewound, with or without checksums.
  wal_log_hints: "on",
  unix_socket_directories: "''",
  // Files in /dev/shm would outlive a kill.
  dynamic_shared_memory_type: "mmap",
};

/** Settings of a node and the server's own; what is absent keeps what is above, or its default. */
const ownSettings: Readonly<Record<string, string>> = {
  maxConnections: "max_connections",
  walLevel: "wal_level",
  synchronousStandbyNames: "synchronous_standby_names",
};

export function dataFolder({ dataDir }: Pick<ProgramContext, "dataDir">): string {
  return join(dataDir, "data");
}

/** All of PostgreSQL's programs lie beside the server. */
export function postgresCommand(name: string, args: readonly string[]): NodeCommand {
  return {
    program: join(dirname(realpathSync(binaryPath("postgres"))), name),
    args,
    // The server's messages and its sort order must not depend on whoever started hunt.
    env: { LC_ALL: "C" },
    unprivileged: true,
  };
}

/** What a standby's `primary_conninfo` is; its name is how `synchronous_standby_names` calls it. */
export function conninfoOf(place: NodePlace, primaryId: string): string {
  return `${connectionTo(place, primaryId)} application_name=${nodeFileName(place.node.id)}`;
}

/** A data folder of its own, empty but for what initdb makes. */
export async function initialise(context: ProgramContext, steps: Steps): Promise<void> {
  const data = dataFolder(context);
  await steps.run(
    postgresCommand("initdb", [
      ...[`--pgdata=${data}`, `--username=${postgresUser}`, "--auth=trust"],
      ...["--locale=C", "--encoding=UTF8", "--no-sync"],
    ]),
  );
  const major = Number.parseInt(await readFile(join(data, "PG_VERSION"), "utf8"), 10);
  const lines = Object.entries({
    ...settings,
    // Worker processes for input and output are new in 18, three for each server.
    ...(major >= 18 ? { io_method: "sync" } : {}),
    ...Object.fromEntries(
      Object.entries(ownSettings).flatMap(([setting, name]) => {
        const value = context.node.settings[setting];
        return value === undefined ? [] : [[name, `'${value}'`]];
      }),
    ),
  });
  const text = lines.map(([name, value]) => `${name} = ${value}\n`).join("");
  await appendFile(join(data, "postgresql.conf"), `\n# By hunt.\n${text}`);
}

/** A copy of a primary that runs, as its standby. */
export async function copyPrimary(
  context: ProgramContext,
  primaryId: string,
  steps: Steps,
): Promise<void> {
  const data = dataFolder(context);
  await rm(data, { recursive: true, force: true });
  await steps.run(
    postgresCommand("pg_basebackup", [
      ...[`--pgdata=${data}`, `--dbname=${connectionTo(context, primaryId)}`],
      ...["--checkpoint=fast", "--wal-method=stream", "--no-sync"],
    ]),
  );
  await becomeStandby(context, primaryId);
}

/**
 * Makes what a former primary left a standby of the one that replaced it: what it wrote and nobody took is
 * thrown away. Where its log does not reach back far enough it becomes a new copy.
 */
export async function rewind(
  context: ProgramContext,
  primaryId: string,
  steps: Steps,
): Promise<void> {
  if (!existsSync(join(dataFolder(context), "standby.signal"))) {
    // Until its first checkpoint a promoted server tells of the timeline before.
    const address = reachedAt(context, primaryId, "client");
    await askPostgres(address, "checkpoint", steps.signal);
    const source = `${connectionTo(context, primaryId)} dbname=${maintenanceDatabase}`;
    const args = [
      `--target-pgdata=${dataFolder(context)}`,
      `--source-server=${source}`,
      "--no-sync",
    ];
    try {
      await steps.run(postgresCommand("pg_rewind", args));
    } catch {
      steps.signal.throwIfAborted();
      // Why it could not is in the node's log.
      await copyPrimary(context, primaryId, steps);
      return;
    }
  }
  await becomeStandby(context, primaryId);
}

/** Also over what pg_rewind and pg_basebackup have brought from the primary. */
async function becomeStandby(context: ProgramContext, primaryId: string): Promise<void> {
  const data = dataFolder(context);
  const conninfo = `primary_conninfo = '${conninfoOf(context, primaryId)}'\n`;
  await writeFile(join(data, "postgresql.auto.conf"), conninfo);
  await writeFile(join(data, "standby.signal"), "");
}

function connectionTo(place: NodePlace, primaryId: string): string {
  const { host, port } = addressParts(reachedAt(place, primaryId, "client"));
  return `host=${host} port=${port} user=${postgresUser}`;
}
