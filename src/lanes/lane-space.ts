/** How much room a lane needs in the two folders of a run. */
import type { LoadPlan } from "../load/plan/load-plan.ts";

export interface SpacePart {
  readonly what: string;
  readonly bytes: number;
  /** Only when all that is planned is acknowledged. */
  readonly likely?: boolean;
  /** The option without which it is not needed. */
  readonly option?: string;
}

export interface LaneSpace {
  /** Of its nodes' data, below TMPDIR. */
  readonly temp: readonly SpacePart[];
  /** Of what is recorded of it, in the reports folder. */
  readonly reports: readonly SpacePart[];
}

/** What is played at a backend. */
export interface PlayedOn {
  readonly plan: LoadPlan;
  /** Which of its observers watch it. */
  readonly observers: Readonly<Record<string, boolean>>;
  /** Kinds of the faults. */
  readonly faults: readonly string[];
}
