/** One question to a PostgreSQL server over a connection of its own, which is gone when it is answered. */
import { Socket } from "node:net";
import { addressParts } from "../address-parts.ts";

/** The superuser that `initdb` makes. */
export const postgresUser = "hunt";
export const maintenanceDatabase = "postgres";

/** Rows as the server gave them; whoever asks knows their shape and checks it. */
export async function askPostgres(
  address: string,
  sql: string,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const { default: pg } = await import("pg");
  const { host, port } = addressParts(address);
  // The client can't be told to give up, its socket can: a server that stands still answers nothing.
  const socket = new Socket({ signal });
  socket.on("error", () => {});
  const client = new pg.Client({
    ...{ host, port, user: postgresUser, database: maintenanceDatabase, password: "" },
    stream: () => socket,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    socket.destroy();
  }
}
