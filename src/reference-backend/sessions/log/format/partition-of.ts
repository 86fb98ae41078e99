/** Which partition a session belongs to: FNV-1a (32 bit) of its id in UTF-8 (docs/session-log-format.md). */
import { fnv1a32 } from "../../game/fnv1a.ts";

export function partitionOf(session: string, partitions: number): number {
  return fnv1a32(session) % partitions;
}
