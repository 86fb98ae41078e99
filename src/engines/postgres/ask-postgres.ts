/** Questions to a PostgreSQL server. */
import { Socket } from "node:net";
import { addressParts } from "../address-parts.ts";

/** The superuser that `initdb` makes. */
export const postgresUser = "hunt";
export const maintenanceDatabase = "postgres";

export interface PostgresConnection {
  /** Rows as the server gave them; whoever asks knows their shape and checks it. */
  ask(sql: string, signal: AbortSignal): Promise<readonly unknown[]>;
  close(): void;
}

/** @throws why there is none, or the reason of `signal`. */
export async function openPostgres(
  address: string,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  const { default: pg } = await import("pg");
  const { host, port } = addressParts(address);
  // The client can't be told to give up, its socket can: a server that stands still answers nothing.
  const socket = new Socket();
  socket.on("error", () => {});
  const client = new pg.Client({
    ...{ host, port, user: postgresUser, database: maintenanceDatabase, password: "" },
    stream: () => socket,
  });
  client.on("error", () => {});
  const close = () => void socket.destroy();
  const bounded = async <T>(bound: AbortSignal, work: () => Promise<T>): Promise<T> => {
    bound.throwIfAborted();
    bound.addEventListener("abort", close);
    try {
      return await work();
    } catch (error) {
      close();
      bound.throwIfAborted();
      throw error;
    } finally {
      bound.removeEventListener("abort", close);
    }
  };
  await bounded(signal, () => client.connect());
  // One that stays open must not keep hunt from ending.
  socket.unref();
  return {
    ask: (sql, bound) =>
      bounded(bound, async () => {
        const { rows } = await client.query<Record<string, unknown>>(sql);
        return rows;
      }),
    close,
  };
}

/** One question, over a connection of its own. */
export async function askPostgres(
  address: string,
  sql: string,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const connection = await openPostgres(address, signal);
  try {
    return await connection.ask(sql, signal);
  } finally {
    connection.close();
  }
}
