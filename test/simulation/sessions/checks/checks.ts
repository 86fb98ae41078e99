/** What a simulated run is checked for; each failure names the check that found it. */

export const checks = {
  "acknowledged-lost": "what was answered ok stands in the log, and later in bases",
  "applied-twice": "no operation takes effect twice",
  "never-attempted": "the log holds only what some client sent, or a gateway's closing",
  "wrong-payload": "an operation in the log is the one that its client sent",
  "fail-applied": "what was answered FAIL or only MOVED is never in the log",
  "wrong-revision": "an answer's revision counts the session's operations",
  "record-rewritten": "a record is written once and never again",
  "record-gap": "records follow each other, and the newest one always stands",
  "trimmed-uncovered": "a record goes only when committed bases contain its operations",
  "wrong-base": "a base holds what its record and those before it made, and no more",
  "wrong-state": "bases and tail replayed are the committed operations",
  "read-went-back": "a player's reads never go back",
  "read-too-old": "a read that asks for a revision gets at least that one",
  "stale-read": "a proxy that hears no heartbeat does not answer",
  "wrong-read": "a read shows what the committed operations up to its revision made",
  "proxy-differs": "at the end each proxy holds what the log holds",
  "proxy-inconsistent": "a proxy never finds the store contradicting itself",
  panic: "no gateway finds an invariant broken",
  "answered-twice": "each operation is answered once",
  stuck: "when everything is healed, everything makes progress and is answered",
  "taken-from-live": "a live owner's partition is handed over by itself, never taken",
  "fenced-write": "only the owner of the moment writes records, bases and trims",
  "hand-over": "a hand-over comes after the record in flight, and at most every 5 s",
  "two-in-flight": "one record of a partition is in flight",
  "attempts-open": "at most three attempts of a record are open",
  "record-too-large": "a record is at most 64 KB, 1 MB when commits are slow",
  "queue-too-large": "a gateway's queue is bounded in bytes",
  "queued-too-long": "an operation waits at most 3 s for its record",
  "outstanding-too-many": "a device has at most 32 operations under way",
  "devices-too-many": "a session has at most 8 devices",
  "stream-overrun": "what a stream holds is bounded, unanswered operations and unread answers",
  "closed-early": "a session that showed life is not closed",
  "never-closed": "an idle session is closed",
  resurrected: "a closed session stays closed",
  "tail-too-large": "the tail of a partition is bounded",
  "store-grows": "what stands in the store is bounded by the sessions that live",
  compaction: "only the owner of partition 0 compacts, and stays behind as far as it should",
} as const;

export type CheckName = keyof typeof checks;

export class SimulationFailure extends Error {
  override readonly name = "SimulationFailure";
  readonly check: CheckName;

  constructor(check: CheckName, what: string) {
    super(`${check}: ${what}`);
    this.check = check;
  }
}

export function must(holds: boolean, check: CheckName, what: () => string): void {
  if (!holds) throw new SimulationFailure(check, what());
}
