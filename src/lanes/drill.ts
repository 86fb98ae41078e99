/**
 * A drill is data: what is broken and when, how soon the steady state has to be back, and what a person on call
 * would do. A new drill is one file in its lane's folder, one line in the lane's list and a runbook in
 * `docs/runbooks/`.
 */
import type { GivenFlags } from "./lane-flag.ts";

export interface Drill {
  readonly name: string;
  /** One sentence for the list. */
  readonly description: string;
  /** In the grammar of `--fault`, in run seconds; the steady state comes before the first one. */
  readonly faults: readonly string[];
  /** Full points for a steady state that is back within so many seconds of the first fault. */
  readonly recoverWithinS: number;
  /** The faults together cost a store its quorum. */
  readonly losesQuorum: boolean;
  /** How the lane is set up for it, where its defaults will not do. */
  readonly flags?: GivenFlags;
  /** It is played with each in turn; absent: once. The last one is gated. */
  readonly variants?: readonly GivenFlags[];
  /** The runbook in short, in order. */
  readonly steps: readonly string[];
}

/** What can be rehearsed of a lane, and how it is told that it is well. */
export interface LaneRehearsals {
  readonly drills: readonly Drill[];
  /** Budgets that hold in every second before the fault, and in five in a row after it. */
  readonly steadyState: readonly string[];
  /** A command for `hunt exec` that shows how the store stands. */
  readonly look: string;
  /** The scenario whose load is made even. */
  readonly scenario: string;
  /** Where `--players` is left out. */
  readonly players: number;
}
