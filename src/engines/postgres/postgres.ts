/**
 * One PostgreSQL server. Those of one of the topology's clusters are a primary and its standbys: those
 * with the setting `role: standby`, which must start in a later stage. A node that comes back after a
 * standby was promoted makes itself a standby of the new primary.
 */
import type { NodeProgram, ProgramContext } from "../../runtime/runtime.ts";
import { addressParts } from "../address-parts.ts";
import { othersOf, reachedAt } from "../cluster-members.ts";
import { askPostgres } from "./ask-postgres.ts";
import { copyPrimary, dataFolder, initialise, postgresCommand, rewind } from "./data-folder.ts";
import { type PostgresRole, postgresRole } from "./postgres-roles.ts";

const askBoundMs = 1_000;

export const postgres: NodeProgram = {
  prepare: {
    timeoutMs: 60_000,
    run: async (context, steps) => {
      const { node } = context;
      const primary = await otherPrimary(context, steps.signal);
      if (primary !== undefined) await copyPrimary(context, primary, steps);
      else if (node.settings["role"] !== "standby") await initialise(context, steps);
      else
        throw new Error(`${node.id} is a standby, and no other node of its cluster is a primary`);
    },
  },
  revive: {
    timeoutMs: 60_000,
    run: async (context, steps) => {
      const primary = await otherPrimary(context, steps.signal);
      // Nobody has taken its place: it comes back as what it was.
      if (primary !== undefined) await rewind(context, primary, steps);
    },
  },
  command: (context) => {
    const { host, port } = addressParts(context.addresses.address(context.node.id, "client"));
    const args = [
      ...["-D", dataFolder(context), "-h", host, "-p", String(port)],
      ...["-c", `cluster_name=${context.node.id}`],
    ];
    // On SIGTERM it would wait until its clients have gone.
    return { ...postgresCommand("postgres", args), stopSignal: "SIGINT" };
  },
  rejoinCommand: (context) => postgres.command(context),
  checkReady: async ({ node, addresses }, signal) => {
    await askPostgres(addresses.address(node.id, "client"), "select 1", signal);
  },
  readyTimeoutMs: 30_000,
  stopTimeoutMs: 3_000,
};

/** The newest of them, should there be two for a moment. */
async function otherPrimary(
  context: ProgramContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(askBoundMs)]);
  const asked = othersOf(context).map(async ({ id }) => {
    const address = reachedAt(context, id, "client");
    const role: PostgresRole | undefined = await postgresRole(address, bounded).catch(
      () => undefined,
    );
    return { id, role };
  });
  const primaries = (await Promise.all(asked)).filter(({ role }) => role?.role === "primary");
  signal.throwIfAborted();
  const newest = primaries.sort((a, b) => (b.role?.timeline ?? 0) - (a.role?.timeline ?? 0))[0];
  return newest?.id;
}
