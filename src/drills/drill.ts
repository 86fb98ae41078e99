/**
 * A drill is data: what is broken and when, what the steady state is, how soon it has to be back, and
 * what a person on call would do. A new drill is one file beside this one, one line in `drills.ts` and a
 * runbook in `docs/runbooks/`.
 */
export interface Drill {
  readonly name: string;
  /** One sentence for the list. */
  readonly description: string;
  /** In the grammar of `--fault`, in run seconds; the steady state comes before the first one. */
  readonly faults: readonly string[];
  /** Full points for a steady state that is back within so many seconds of the first fault. */
  readonly recoverWithinS: number;
  /** The faults together cost etcd its quorum. */
  readonly losesQuorum: boolean;
  /** etcd's quota, bytes, where the drill needs one that can be reached. */
  readonly quotaBytes?: number;
  /** `HEARTBEAT/ELECTION`, ms: it is played with each in turn; absent: with the default alone. The last one is gated. */
  readonly raftTimers?: readonly string[];
  /** The runbook in short, in order. */
  readonly steps: readonly string[];
}
