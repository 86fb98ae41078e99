/** Keys and small values of the session log in etcd (docs/session-log-format.md). */
import { Buffer } from "node:buffer";

export const partitionsKey = "/hunt/partitions";
export const ownerPrefix = "/hunt/owner/";
export const beatPrefix = "/hunt/beat/";

/** Who holds a partition. */
export interface OwnerValue {
  /** Random, new at each start of a gateway. */
  readonly instance: string;
  /** `gateway/1` */
  readonly name: string;
  /** host:port of its gRPC port. */
  readonly address: string;
}

export interface BeatValue extends OwnerValue {
  readonly count: number;
  /** It is stopping: hand nothing over to it. */
  readonly leaving: boolean;
}

export function ownerKey(partition: number): string {
  return ownerPrefix + partition;
}

/** Undefined for a key that names no partition. */
export function partitionOfOwnerKey(key: string): number | undefined {
  const digits = key.slice(ownerPrefix.length);
  return key.startsWith(ownerPrefix) && /^\d{1,6}$/.test(digits) ? Number(digits) : undefined;
}

export function logPrefix(partition: number): string {
  return `/hunt/log/${partition}/`;
}

/** 12 digits, so that keys sort as numbers do. */
export function logKey(partition: number, n: number): string {
  return logPrefix(partition) + String(n).padStart(12, "0");
}

/** The n of a log key of this partition. @throws RangeError for any other key. */
export function recordNumber(partition: number, key: string): number {
  const digits = key.slice(logPrefix(partition).length);
  if (!key.startsWith(logPrefix(partition)) || !/^\d{12}$/.test(digits)) {
    throw new RangeError(`${key} is no log key of partition ${partition}`);
  }
  return Number(digits);
}

export function basePrefix(partition: number): string {
  return `/hunt/base/${partition}/`;
}

/** Anything that the id holds is part of the key's end. */
export function baseKey(partition: number, session: string): string {
  return basePrefix(partition) + session;
}

/** The session of a base key of this partition. @throws RangeError for any other key. */
export function sessionOfBaseKey(partition: number, key: string): string {
  const prefix = basePrefix(partition);
  if (!key.startsWith(prefix) || key.length === prefix.length) {
    throw new RangeError(`${key} is no base key of partition ${partition}`);
  }
  return key.slice(prefix.length);
}

/** The range that holds `key` alone. */
export function singleKey(key: string): { start: string; end: string } {
  return { start: key, end: `${key}\0` };
}

export function beatKey(gateway: string): string {
  return beatPrefix + gateway.replaceAll("/", "-");
}

/** First key after all that start with `prefix`. */
export function prefixEnd(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}

export function encodeValue(value: OwnerValue | BeatValue): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** @throws Error when the bytes are not what a gateway writes. */
export function parseOwner(bytes: Uint8Array): OwnerValue {
  const { instance, name, address } = parseObject(bytes);
  if (typeof instance !== "string" || typeof name !== "string" || typeof address !== "string") {
    throw new TypeError(`not an owner: ${Buffer.from(bytes).toString("utf8", 0, 200)}`);
  }
  return { instance, name, address };
}

/** Undefined for a heartbeat that is not one of this design's: it says nothing about its owners. */
export function parseBeat(bytes: Uint8Array): BeatValue | undefined {
  try {
    const { count, leaving } = parseObject(bytes);
    const number = typeof count === "number" ? count : 0;
    return { ...parseOwner(bytes), count: number, leaving: leaving === true };
  } catch {
    return undefined;
  }
}

function parseObject(bytes: Uint8Array): {
  instance?: unknown;
  name?: unknown;
  address?: unknown;
  count?: unknown;
  leaving?: unknown;
} {
  const parsed: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
  return typeof parsed === "object" && parsed !== null ? parsed : {};
}
