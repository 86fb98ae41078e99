/**
 * A rule of the protocol taken out, to prove that its absence is noticed. Where it can be, it is
 * taken out at the boundary: what a gateway asks of the store, or answers, is edited on its way.
 */
import type { Answer } from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import type { StreamLimits } from "../../../../src/reference-backend/sessions/gateway/stream-bounds.ts";
import type { LogCoreOptions } from "../../../../src/reference-backend/sessions/log/core/log-core.ts";
import type {
  StoreOutcome,
  StoreRequest,
} from "../../../../src/reference-backend/sessions/log/store/store-call.ts";
import type { CheckName } from "../checks/checks.ts";
import type { Settings } from "../settings.ts";

/** What gateways, clients and proxies of the simulation do wrong when they are told to. */
export type Flaw =
  | "same-instance-after-restart"
  | "own-beats-count-thrice"
  | "acknowledges-when-sent"
  | "cancels-nothing"
  | "ignores-moved"
  | "keep-alives-to-one-gateway"
  | "watch-skips-after-cut"
  | "loads-at-several-revisions"
  | "reads-ignore-revision"
  | "no-new-load-after-compaction"
  | "base-read-at-newest"
  | "beats-made-up";

export interface RuleRemoval {
  readonly name: string;
  /** Of docs/session-log-format.md; 0: none. */
  readonly rule: number;
  /** Any of these is the check that finds it. */
  readonly caughtBy: readonly CheckName[];
  readonly flaws: ReadonlySet<Flaw>;
  /** Rare: a search that begins here is short, as long as nothing else changes. */
  readonly firstSeed?: number;
  /** Makes what it needs likelier. */
  readonly settings?: Partial<Settings>;
  readonly core?: (options: LogCoreOptions) => LogCoreOptions;
  readonly stream?: (limits: StreamLimits) => StreamLimits;
  /** What reaches the store instead; an outcome: the store is not asked. */
  readonly request?: (
    request: StoreRequest,
    /** Its first put, and whether the same request was sent before. */
    facts: { readonly key: string; readonly again: boolean },
  ) => StoreRequest | StoreOutcome;
  readonly outcome?: (request: StoreRequest, outcome: StoreOutcome) => StoreOutcome;
  readonly answer?: (answer: Answer) => Answer;
}

export const nothingRemoved: RuleRemoval = {
  name: "none",
  rule: 0,
  caughtBy: [],
  flaws: new Set(),
};
