/**
 * Keys of the `delta` design (docs/delta-format.md). All of a session stands under one prefix, so that
 * one range read holds its base and its deltas in the same moment. An id's "/" is escaped: else the
 * prefix of one session could be the beginning of another's.
 */

import { prefixRange } from "../../../etcd-client/keys.ts";
import type { WatchRange } from "../../../etcd-client/watch.ts";

export const deltaPrefix = "/hunt/delta/";
/** After all digits, so that a session's deltas come first. */
const base = "base";
const keyShape = /^\/hunt\/delta\/([^/]+)\/(?:(\d{12})|base)$/s;

export function sessionPrefix(session: string): string {
  return `${deltaPrefix}${session.replaceAll("%", "%25").replaceAll("/", "%2F")}/`;
}

/** 12 digits, so that keys sort as numbers do; the first delta is 1. */
export function deltaKey(session: string, n: number): string {
  return sessionPrefix(session) + String(n).padStart(12, "0");
}

export function deltaBaseKey(session: string): string {
  return sessionPrefix(session) + base;
}

export function sessionRange(session: string): WatchRange {
  return prefixRange(sessionPrefix(session));
}

/** `n` is undefined for a base. The whole is undefined for a key that is neither. */
export function parseDeltaKey(key: string): { session: string; n: number | undefined } | undefined {
  const match = keyShape.exec(key);
  if (match === null) return undefined;
  const session = (match[1] ?? "").replaceAll("%2F", "/").replaceAll("%25", "%");
  return { session, n: match[2] === undefined ? undefined : Number(match[2]) };
}
