/**
 * The planted bug `skip-fencing`: a gateway that another one has taken a partition from never notices. Its
 * writes compare no epoch (rule 2), a record that another wrote in its place counts as its own (rule 8), and
 * it does not hear of the new owner. It stands between the intact core and the store.
 */
import { ownerPrefix, parseOwner } from "../log/format/keys.ts";
import { decodeRecordHeader } from "../log/format/record.ts";
import type { Put, StoredValue, StoreOutcome, StoreRequest } from "../log/store/store-call.ts";

const isOwnerKey = ({ key }: { readonly key: string }) => key.startsWith(ownerPrefix);

export class SkippedFencing {
  /** Records of another gateway that were taken for its own. */
  struck = 0;
  /** `gateway/1` */
  readonly #self: string;
  readonly #owners = new Map<string, string>();
  /** Owner keys that it has written itself: it knows who owns those. */
  readonly #handedOver = new Set<string>();

  constructor(self: string) {
    this.#self = self;
  }

  request(request: StoreRequest): StoreRequest {
    if (request.type !== "txn") return request;
    const owners = request.puts.filter(isOwnerKey);
    for (const { key } of owners) this.#handedOver.add(key);
    if (owners.length > 0) return request;
    return { ...request, compares: request.compares.filter((each) => !isOwnerKey(each)) };
  }

  outcome(request: StoreRequest, outcome: StoreOutcome): StoreOutcome {
    if (request.type !== "txn" || outcome.type !== "txn" || outcome.succeeded) return outcome;
    const record = request.puts.find(({ key }) => key.startsWith("/hunt/log/"));
    const found = outcome.found.find((each) => each !== undefined && each.key === record?.key);
    if (record === undefined || found === undefined || isSame(record, found)) return outcome;
    this.struck += 1;
    return { ...outcome, succeeded: true, found: [] };
  }

  /** Whether the core is not to hear of this owner. */
  hides({ key, value }: StoredValue): boolean {
    const { name } = parseOwner(value);
    const before = this.#owners.get(key);
    this.#owners.set(key, name);
    if (name === this.#self) this.#handedOver.delete(key);
    return before === this.#self && name !== this.#self && !this.#handedOver.has(key);
  }
}

function isSame(record: Put, found: StoredValue): boolean {
  return decodeRecordHeader(record.value).batchId === decodeRecordHeader(found.value).batchId;
}
