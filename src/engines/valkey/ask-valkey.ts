/** Commands to one Valkey server over a connection of its own, which is gone when they are answered. */
import { addressParts } from "../address-parts.ts";

export type ValkeyCall = (
  command: string,
  ...args: readonly (string | number)[]
) => Promise<unknown>;

/** @throws what the server answers, why it can't be reached, or the reason of `signal`. */
export async function withValkey<T>(
  address: string,
  signal: AbortSignal,
  use: (call: ValkeyCall) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const { Redis } = await import("ioredis");
  const redis = new Redis({
    ...addressParts(address),
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  });
  let why: unknown;
  redis.on("error", (error) => {
    why = error;
  });
  const giveUp = () => redis.disconnect();
  signal.addEventListener("abort", giveUp);
  try {
    await redis.connect();
    return await use((command, ...args) => redis.call(command, ...args));
  } catch (error) {
    signal.throwIfAborted();
    // "Connection is closed." hides why.
    throw why ?? error;
  } finally {
    signal.removeEventListener("abort", giveUp);
    redis.disconnect();
  }
}

/** The lines `name:value` of INFO and CLUSTER INFO. */
export function valkeyFacts(text: unknown): ReadonlyMap<string, string> {
  const lines = String(text).split("\r\n");
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
}
