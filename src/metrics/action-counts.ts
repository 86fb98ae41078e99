/** Outcomes of one action, for one second of intended start or for a window of seconds. */
export interface ActionCounts {
  readonly intended: number;
  readonly sent: number;
  readonly ok: number;
  readonly fail: number;
  readonly unknown: number;
  /** Never sent, by the generator's own fault. */
  readonly dropped: number;
}

export const noActions: ActionCounts = {
  intended: 0,
  sent: 0,
  ok: 0,
  fail: 0,
  unknown: 0,
  dropped: 0,
};

export function addCounts(left: ActionCounts, right: ActionCounts): ActionCounts {
  return {
    intended: left.intended + right.intended,
    sent: left.sent + right.sent,
    ok: left.ok + right.ok,
    fail: left.fail + right.fail,
    unknown: left.unknown + right.unknown,
    dropped: left.dropped + right.dropped,
  };
}
