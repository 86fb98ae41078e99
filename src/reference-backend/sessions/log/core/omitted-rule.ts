/**
 * Rules that can be left out of the core on purpose, to prove that a checker notices: the simulation
 * does it for each (docs/simulation.md). A gateway that serves anybody leaves out none.
 */
export type OmittedRule =
  /** 5: the record in flight is finished before a hand-over. */
  | "finish-before-hand-over"
  /** 13: what is applied already is answered, not applied again. */
  | "deduplicate"
  /** 15: what comes for a closed session is refused. */
  | "refuse-closed"
  /** 19: only the owner of partition 0 compacts. */
  | "one-compacts";
