/**
 * Which operations does a state hold? A read gives their number and the wrapping 32-bit sum of their
 * digests (`docs/session-log-format.md`); the ledger says which must be in it (acknowledged), which
 * may be (unknown) and which must not (refused). So the question is a small subset sum, answered in
 * two steps: is there a set of unknown operations that makes both numbers right; and if not, what
 * is the smallest number of faults that does.
 *
 * A wrong subset fits by chance once in 2^32, so a bound of 2^20 tried subsets also bounds the chance
 * of a false "fits" to 1 in 4,000 per session that has that many unknown operations.
 */

const maxTriedPerSession = 2 ** 20;
/** Of a whole run, about a second: after a long outage every session may have dozens of unknown ones. */
const maxTriedPerRun = 2 ** 25;

/** How many subsets may still be tried. */
export interface Tries {
  left: number;
}

export function triesOfARun(): Tries {
  return { left: maxTriedPerRun };
}

/** One operation of a session, as the ledger names it. */
export interface LedgerOperation {
  readonly sequence: number;
  readonly digest: number;
  /** When its outcome was known, or when it was sent; microseconds since run second 0. */
  readonly atUs: number;
  /** When it was first sent. */
  readonly sentUs: number;
  readonly kind: number;
  /** What it was acknowledged with; 0: nothing. */
  readonly revision: number;
  readonly sends: number;
}

/** Number and digest sum: what a state says of its operations. */
export interface StateSum {
  readonly count: number;
  readonly checksum: number;
}

/**
 * Is there a subset of `digests` with exactly `count` members and this sum?
 * `undefined`: too many to try, so it cannot be told. What was tried is taken off `tries`.
 */
export function hasSubset(
  digests: readonly number[],
  count: number,
  checksum: number,
  tries: Tries,
): boolean | undefined {
  const found = findSubset(digests, count, checksum, tries);
  return found === undefined ? undefined : found !== false;
}

/** The places of its members among `digests`; `false`: there is none; `undefined`: too many to try. */
function findSubset(
  digests: readonly number[],
  count: number,
  checksum: number,
  tries: Tries,
): readonly number[] | false | undefined {
  if (count < 0 || count > digests.length) return false;
  const wanted = checksum >>> 0;
  // One try is free: it is what a session without unknown operations costs.
  const most = Math.max(1, Math.min(maxTriedPerSession, tries.left));
  const members: number[] = [];
  let tried = 0;
  let exhausted = false;
  // Depth first over "in or out"; the recursion is at most digests.length deep.
  const search = (from: number, left: number, sum: number): boolean => {
    if (left === 0) {
      tried += 1;
      return sum >>> 0 === wanted;
    }
    for (let index = from; index + left <= digests.length; index += 1) {
      exhausted ||= tried >= most;
      if (exhausted) return false;
      members.push(index);
      if (search(index + 1, left - 1, sum + (digests[index] ?? 0))) return true;
      members.pop();
    }
    return false;
  };
  const found = search(0, count, 0);
  tries.left = Math.max(0, tries.left - (tried - 1));
  if (exhausted) return undefined;
  return found && members;
}

/** What the ledger says of one session and device. */
export interface SessionOperations {
  readonly acknowledged: readonly LedgerOperation[];
  readonly unknown: readonly LedgerOperation[];
  readonly refused: readonly LedgerOperation[];
}

/** The fewest faults that turn the ledger into the state. */
export interface Explanation {
  readonly lost: readonly LedgerOperation[];
  readonly twice: readonly LedgerOperation[];
  readonly refusedButApplied: readonly LedgerOperation[];
}

interface Fault {
  readonly kind: "lost" | "twice" | "refused";
  readonly operation: LedgerOperation;
  readonly count: number;
  readonly sum: number;
}

const maxSubsetsExplained = 256;
/** Some milliseconds: all subsets of 20 operations by 6, say. */
const maxTriedPerExplanation = 2 ** 16;

/**
 * One fault, a run of lost operations (the tail after a crash, say), two faults, or several lost operations anywhere.
 * `undefined`: more than that happened, or something that the ledger does not know of.
 */
export function explainState(
  operations: SessionOperations,
  state: StateSum,
): Explanation | undefined {
  const faults = possibleFaults(operations);
  const byEffect = new Map(faults.map((fault) => [effectKey(fault.count, fault.sum), fault]));
  const missing = {
    count: state.count - operations.acknowledged.length,
    sum: state.checksum - digestSum(operations.acknowledged),
  };
  const rests = subsets(operations.unknown).map((subset) => ({
    count: missing.count - subset.length,
    sum: missing.sum - digestSum(subset),
  }));
  for (const rest of rests) {
    const fault = byEffect.get(effectKey(rest.count, rest.sum));
    if (fault !== undefined) return explanation([fault]);
  }
  for (const rest of rests) {
    const lost = lostRun(operations.acknowledged, rest);
    if (lost !== undefined) return { lost, twice: [], refusedButApplied: [] };
  }
  for (const rest of rests) {
    for (const first of faults) {
      const second = byEffect.get(effectKey(rest.count - first.count, rest.sum - first.sum));
      const lostTwice = second === first && first.kind === "lost";
      if (second !== undefined && !lostTwice) return explanation([first, second]);
    }
  }
  const tries = { left: maxTriedPerExplanation };
  for (const rest of rests) {
    const lost = lostAnywhere(operations.acknowledged, rest, tries);
    if (lost !== undefined) return { lost, twice: [], refusedButApplied: [] };
  }
  return undefined;
}

function possibleFaults(operations: SessionOperations): Fault[] {
  const fault = (kind: Fault["kind"], operation: LedgerOperation, count: number): Fault => ({
    kind,
    operation,
    count,
    sum: count * operation.digest,
  });
  return [
    ...operations.acknowledged.map((operation) => fault("lost", operation, -1)),
    ...operations.acknowledged.map((operation) => fault("twice", operation, 1)),
    ...operations.unknown.map((operation) => fault("twice", operation, 2)),
    ...operations.refused.map((operation) => fault("refused", operation, 1)),
  ];
}

/** All of them for up to eight operations, else only the empty one. */
function subsets(operations: readonly LedgerOperation[]): LedgerOperation[][] {
  if (2 ** operations.length > maxSubsetsExplained) return [[]];
  let found: LedgerOperation[][] = [[]];
  for (const operation of operations) {
    found = [...found, ...found.map((subset) => [...subset, operation])];
  }
  return found;
}

/** Acknowledged operations that follow each other and together make up what is missing. */
function lostRun(
  acknowledged: readonly LedgerOperation[],
  rest: { readonly count: number; readonly sum: number },
): LedgerOperation[] | undefined {
  const length = -rest.count;
  if (length <= 0 || length > acknowledged.length) return undefined;
  const inOrder = acknowledged.toSorted((left, right) => left.sequence - right.sequence);
  for (let from = inOrder.length - length; from >= 0; from -= 1) {
    const run = inOrder.slice(from, from + length);
    if (sameSum(digestSum(run), -rest.sum)) return run;
  }
  return undefined;
}

function lostAnywhere(
  acknowledged: readonly LedgerOperation[],
  rest: { readonly count: number; readonly sum: number },
  tries: Tries,
): LedgerOperation[] | undefined {
  if (rest.count >= 0) return undefined;
  const digests = acknowledged.map(({ digest }) => digest);
  const places = findSubset(digests, -rest.count, -rest.sum, tries);
  if (places === undefined || places === false) return undefined;
  return places.flatMap((place) => acknowledged[place] ?? []);
}

function explanation(faults: readonly Fault[]): Explanation {
  const of = (kind: Fault["kind"]) =>
    faults.filter((fault) => fault.kind === kind).map((fault) => fault.operation);
  return { lost: of("lost"), twice: of("twice"), refusedButApplied: of("refused") };
}

function digestSum(operations: readonly LedgerOperation[]): number {
  return operations.reduce((sum, operation) => sum + operation.digest, 0);
}

function sameSum(left: number, right: number): boolean {
  return left >>> 0 === right >>> 0;
}

function effectKey(count: number, sum: number): number {
  return count * 2 ** 32 + (sum >>> 0);
}
