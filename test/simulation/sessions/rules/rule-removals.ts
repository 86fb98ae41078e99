/** Each rule of docs/session-log-format.md, taken out; one line says how, and which checks notice. */
import type { Answer } from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import type { LogCoreOptions } from "../../../../src/reference-backend/sessions/log/core/log-core.ts";
import type { OmittedRule } from "../../../../src/reference-backend/sessions/log/core/omitted-rule.ts";
import {
  decodeBase,
  encodeBase,
} from "../../../../src/reference-backend/sessions/log/format/base.ts";
import type { LogLimits } from "../../../../src/reference-backend/sessions/log/partition/log-limits.ts";
import type {
  Compare,
  StoreOutcome,
  StoreRequest,
  TxnRequest,
} from "../../../../src/reference-backend/sessions/log/store/store-call.ts";
import type { CheckName } from "../checks/checks.ts";
import type { Settings } from "../settings.ts";
import { type Flaw, nothingRemoved, type RuleRemoval } from "./rule-removal.ts";

type Edits = Pick<
  RuleRemoval,
  "firstSeed" | "settings" | "core" | "stream" | "request" | "outcome" | "answer"
>;

/** Many late requests and frozen owners. */
const rough: Partial<Settings> = { lateProbability: 0.12, faults: 10, players: 5, storeMs: 1 };
const never = Number.MAX_SAFE_INTEGER;

const removal = (
  rule: number,
  name: string,
  caughtBy: readonly CheckName[],
  edits: Edits,
): RuleRemoval => ({ ...nothingRemoved, rule, name, caughtBy, ...edits });

const flawed = (rule: number, name: Flaw, caughtBy: readonly CheckName[]): RuleRemoval => ({
  ...nothingRemoved,
  rule,
  name,
  caughtBy,
  flaws: new Set([name]),
});

export const ruleRemovals: readonly RuleRemoval[] = [
  flawed(1, "same-instance-after-restart", ["panic", "taken-from-live", "acknowledged-lost"]),
  removal(2, "record-without-epoch", ["fenced-write"], {
    request: without(isOwner, "log"),
  }),
  removal(2, "base-without-epoch", ["fenced-write"], {
    request: without(isOwner, "base"),
    settings: rough,
    firstSeed: 95,
  }),
  removal(2, "trim-without-epoch", ["fenced-write"], {
    request: without(isOwner, "trim"),
    settings: rough,
  }),
  removal(3, "takeover-without-compare", ["taken-from-live"], {
    request: without(isOwner, "owner"),
  }),
  flawed(4, "own-beats-count-thrice", ["taken-from-live"]),
  removal(5, "hand-over-during-a-record", ["hand-over"], omitting("finish-before-hand-over")),
  removal(5, "hand-over-at-any-pace", ["hand-over"], limited({ handOverIntervalMs: 0 })),
  removal(6, "tail-read-too-old", ["panic", "applied-twice", "acknowledged-lost"], {
    outcome: withoutNewestRecord,
  }),
  removal(6, "compacted-tail-asked-again", ["stuck"], { outcome: withoutCompacted }),
  removal(6, "tail-never-folded", ["tail-too-large", "store-grows"], {
    ...limited({ foldTailBytes: never, tailBytesMax: never }),
  }),
  removal(7, "record-may-be-there", ["record-rewritten"], { request: without(isAbsent, "log") }),
  removal(7, "record-before-may-be-gone", ["record-gap", "record-rewritten"], {
    request: without(isPresent, "log"),
  }),
  removal(8, "own-record-not-recognised", ["panic"], { outcome: withoutOwnRecord }),
  removal(8, "full-store-is-believed", ["fail-applied", "panic"], { outcome: withoutRecordFound }),
  removal(9, "queue-of-any-age", ["queued-too-long"], limited({ queueAgeMsMax: never })),
  removal(9, "queue-of-any-size", ["queue-too-large"], {
    ...limited({ queueBytesMax: never }),
    firstSeed: 220,
  }),
  removal(9, "record-of-any-size", ["record-too-large"], {
    ...limited({ recordBytesFast: 65_536, recordBytesMax: 65_536 }),
    firstSeed: 85,
  }),
  removal(10, "retry-with-other-bytes", ["wrong-payload", "never-attempted", "panic"], {
    request: withOtherBytes,
  }),
  flawed(10, "cancels-nothing", ["attempts-open", "two-in-flight"]),
  flawed(11, "acknowledges-when-sent", ["acknowledged-lost"]),
  removal(12, "unknown-called-fail", ["fail-applied"], { answer: unknownAsFail }),
  removal(13, "no-deduplication", ["applied-twice", "wrong-payload"], omitting("deduplicate")),
  removal(13, "below-the-window-is-ok", ["acknowledged-lost", "wrong-revision"], {
    answer: belowWindowAsOk,
  }),
  removal(14, "revision-of-something-else", ["wrong-revision"], { answer: revisionOneMore }),
  removal(15, "idle-sessions-stay", ["never-closed"], lifetimes({ sessionTtlMs: 10_000_000 })),
  removal(15, "live-sessions-closed", ["closed-early"], lifetimes({ sessionTtlMs: 400 })),
  removal(15, "closed-sessions-come-back", ["resurrected"], omitting("refuse-closed")),
  removal(
    15,
    "no-tombstones",
    ["wrong-state", "trimmed-uncovered"],
    lifetimes({ tombstoneMs: 10 }),
  ),
  flawed(16, "ignores-moved", ["stuck"]),
  flawed(16, "keep-alives-to-one-gateway", ["closed-early"]),
  removal(17, "reads-any-number", ["stream-overrun"], {
    stream: (limits) => ({ ...limits, unansweredMax: never }),
  }),
  removal(17, "answers-pile-up", ["stream-overrun"], {
    stream: (limits) => ({ ...limits, unreadBytesMax: never }),
  }),
  removal(18, "trim-before-bases", ["trimmed-uncovered"], { request: foldsNothing }),
  removal(18, "base-names-a-later-record", ["wrong-base"], { request: basesOfLaterRecord }),
  removal(18, "late-fold-commits", ["wrong-base"], {
    request: without(isPresent, "base"),
    firstSeed: 95,
  }),
  removal(19, "everybody-compacts", ["compaction"], omitting("one-compacts")),
  removal(19, "compacts-at-once", ["compaction"], limited({ compactBehindMs: 0 })),
  {
    ...flawed(20, "base-read-at-newest", ["wrong-read", "proxy-inconsistent", "read-went-back"]),
    firstSeed: 145,
  },
  flawed(21, "watch-skips-after-cut", ["proxy-inconsistent", "proxy-differs", "wrong-read"]),
  flawed(21, "loads-at-several-revisions", ["proxy-inconsistent", "wrong-read"]),
  flawed(21, "no-new-load-after-compaction", ["proxy-inconsistent", "proxy-differs"]),
  flawed(22, "beats-made-up", ["stale-read"]),
  flawed(23, "reads-ignore-revision", ["read-too-old"]),
];

type Txns = "log" | "base" | "trim" | "owner";

/** Which of an owner's writes it is; undefined for heartbeats, reads, and a partition's creation. */
function kindOf(request: StoreRequest): Txns | undefined {
  if (request.type !== "txn") return undefined;
  const key = request.puts[0]?.key ?? request.deletes[0]?.start ?? "";
  if (request.puts.length === 0 && key.startsWith("/hunt/log/")) return "trim";
  if (key.startsWith("/hunt/log/")) return "log";
  if (key.startsWith("/hunt/base/")) return "base";
  return key.startsWith("/hunt/owner/") && request.puts.length === 1 ? "owner" : undefined;
}

function without(compared: (compare: Compare) => boolean, kind: Txns) {
  return (request: StoreRequest): StoreRequest => {
    if (kindOf(request) !== kind || request.type !== "txn") return request;
    return { ...request, compares: request.compares.filter((compare) => !compared(compare)) };
  };
}

function isOwner({ key }: Compare): boolean {
  return key.startsWith("/hunt/owner/");
}

function isAbsent({ key, relation }: Compare): boolean {
  return key.startsWith("/hunt/log/") && relation === "equal";
}

function isPresent({ key, relation }: Compare): boolean {
  return key.startsWith("/hunt/log/") && relation === "greater";
}

function limited(limits: Partial<LogLimits>): Edits {
  return { core: (options) => ({ ...options, limits: { ...options.limits, ...limits } }) };
}

function omitting(rule: OmittedRule): Edits {
  return { core: (options) => ({ ...options, omit: new Set([rule]) }) };
}

function lifetimes(changed: Partial<LogCoreOptions["lifetimes"]>): Edits {
  return { core: (options) => ({ ...options, lifetimes: { ...options.lifetimes, ...changed } }) };
}

/** As if it were read at a revision before the former owner's last commit. */
function withoutNewestRecord(request: StoreRequest, outcome: StoreOutcome): StoreOutcome {
  const reads = request.type === "range" && request.start.startsWith("/hunt/log/");
  if (!reads || outcome.type !== "range" || outcome.more || outcome.values.length < 2)
    return outcome;
  return { ...outcome, values: outcome.values.slice(0, -1) };
}

/** Whoever does not hear that a revision is compacted asks for the tail at it for ever. */
function withoutCompacted(request: StoreRequest, outcome: StoreOutcome): StoreOutcome {
  const reads = request.type === "range" && request.start.startsWith("/hunt/log/");
  return reads && outcome.type === "failed" ? { ...outcome, compacted: false } : outcome;
}

function withoutOwnRecord(request: StoreRequest, outcome: StoreOutcome): StoreOutcome {
  if (kindOf(request) !== "log" || outcome.type !== "txn" || outcome.succeeded) return outcome;
  return { ...outcome, found: [outcome.found[0], undefined] };
}

/** As if nobody looked for a record that a full store refused. */
function withoutRecordFound(request: StoreRequest, outcome: StoreOutcome): StoreOutcome {
  const looks = request.type === "read" && request.keys[1]?.startsWith("/hunt/log/") === true;
  if (!looks || outcome.type !== "read") return outcome;
  return { ...outcome, found: [outcome.found[0], undefined] };
}

/** The last byte of a record is in its last operation. */
function withOtherBytes(request: StoreRequest, { again }: { again: boolean }): StoreRequest {
  if (!again || kindOf(request) !== "log" || request.type !== "txn") return request;
  return editPuts(request, (_key, value) => {
    const other = Uint8Array.from(value);
    const last = other.length - 1;
    other[last] = (other[last] ?? 0) ^ 1;
    return other;
  });
}

function foldsNothing(request: StoreRequest): StoreRequest | StoreOutcome {
  if (kindOf(request) !== "base" || request.type !== "txn" || request.puts.length === 0)
    return request;
  return { type: "txn", succeeded: true, revision: 0, found: [] };
}

function basesOfLaterRecord(request: StoreRequest): StoreRequest {
  if (kindOf(request) !== "base" || request.type !== "txn") return request;
  return editPuts(request, (key, value) => {
    const base = decodeBase(key.slice(key.lastIndexOf("/") + 1), value);
    return encodeBase({ ...base, n: base.n + 1 });
  });
}

function editPuts(
  request: TxnRequest,
  edit: (key: string, value: Uint8Array) => Uint8Array,
): TxnRequest {
  return {
    ...request,
    puts: request.puts.map(({ key, value }) => ({ key, value: edit(key, value) })),
  };
}

function unknownAsFail(answer: Answer): Answer {
  return answer.outcome === "unknown" ? { ...answer, outcome: "fail" } : answer;
}

function belowWindowAsOk(answer: Answer): Answer {
  return answer.reason === "below the dedup window"
    ? { ref: answer.ref, outcome: "ok", revision: 1 }
    : answer;
}

function revisionOneMore(answer: Answer): Answer {
  return answer.revision === undefined ? answer : { ...answer, revision: answer.revision + 1 };
}
