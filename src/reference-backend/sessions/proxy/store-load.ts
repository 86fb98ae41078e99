/** Reads everything that an index needs, in pages, at one revision (rule 21). */
import { Buffer } from "node:buffer";
import type { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { prefixRange } from "../../etcd-client/keys.ts";
import type { Member } from "../../etcd-client/leader-tracker.ts";
import type { IndexedDesign, SessionIndex } from "./session-index.ts";

const PAGE_KEYS_FIRST = 64;
const PAGE_KEYS_MAX = 2000;
const PAGE_BYTES = 2 * 1024 * 1024;
const PAGE_DEADLINE_MS = 5000;

export async function loadIndex(
  etcd: EtcdCluster,
  member: Member,
  design: IndexedDesign,
): Promise<{ index: SessionIndex; revision: bigint }> {
  const index = design.newIndex();
  let revision = 0n;
  for (const prefix of design.prefixes) {
    let { key, rangeEnd } = prefixRange(prefix);
    let limit = PAGE_KEYS_FIRST;
    for (let more = true; more; ) {
      // The first page is linearizable and tells the revision; the rest are that revision's.
      const page = await etcd.range(
        { key, rangeEnd, limit: BigInt(limit), revision, serializable: revision > 0n },
        { member, deadlineMs: PAGE_DEADLINE_MS },
      );
      if (revision === 0n) revision = page.header?.revision ?? 0n;
      let bytes = 1;
      for (const kv of page.kvs) {
        const text = Buffer.from(kv.key).toString();
        index.apply({ key: text, value: kv.value, version: Number(kv.version) });
        bytes += kv.value.length;
        key = Buffer.concat([kv.key, Buffer.of(0)]);
      }
      const fits = Math.floor((PAGE_BYTES * Math.max(1, page.kvs.length)) / bytes);
      limit = Math.min(PAGE_KEYS_MAX, Math.max(1, fits));
      more = page.more;
    }
  }
  return { index, revision };
}
