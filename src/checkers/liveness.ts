/**
 * After a storm everything is healed, and then everything must make progress: the counter of each node's work
 * grows, and no second passes in which an action is tried and never succeeds. Safety alone would be kept by a backend that has stopped for good.
 */
import { wholeActionsOfLane } from "../recording/recorded-actions.ts";
import type { RecordingReader } from "../recording/recording-reader.ts";
import type { Sample } from "../recording/timeline/samples.ts";
import type { CheckContext, Checker } from "./checker.ts";
import type { Finding } from "./finding.ts";
import type { Guarantee } from "./guarantee.ts";

/** Counters are read every second, those that cost more every other one; one reading may fail. */
const stallS = 5;

interface Stall {
  readonly what: string;
  readonly detail: string;
}

/** A lane's own sentence of it; for runs with a liveness phase. */
export function liveness(guarantee: Guarantee): Checker {
  return {
    source: "liveness.ts",
    guarantees: [guarantee],
    begin: (context) => {
      const phases = context.reader.run.lanes[context.lane]?.phases ?? [];
      const phase = phases.find(({ name }) => name === "liveness");
      if (phase === undefined) return undefined;
      return { findings: () => [checkLiveness(guarantee, context, phase)] };
    },
  };
}

interface Phase {
  readonly startS: number;
  readonly endS: number;
}

function checkLiveness(
  guarantee: Guarantee,
  { reader, lane }: CheckContext,
  phase: Phase,
): Finding {
  const { run } = reader;
  const nodes = run.nodes.flatMap((node) =>
    node.lane === lane && node.work !== undefined ? [{ id: node.id, work: node.work }] : [],
  );
  const rows = [
    ...nodes.map((node) => nodeStall(reader, node, phase)),
    ...wholeActionsOfLane(run, lane).map((action) => actionStall(reader, action, phase)),
  ];
  const stalls = rows.filter((row) => row !== undefined && row !== "unknown");
  const unknown = rows.filter((row) => row === "unknown").length;
  const [first] = stalls;
  const example = first && `${first.what} ${first.detail} of the liveness phase.`;
  return {
    guarantee,
    violations: { count: stalls.length, example },
    checked: rows.length - unknown,
    of: "nodes and actions",
    doubts: unknown === 0 ? [] : [`of ${unknown} of them there are no figures`],
    isUnbounded: true,
  };
}

type Row = Stall | "unknown" | undefined;

function nodeStall(
  { timeline }: RecordingReader,
  { id, work }: { readonly id: string; readonly work: string },
  { startS, endS }: Phase,
): Row {
  const samples = [...timeline.samples(`node.${id}.${work}`)].filter(
    ({ t }) => t >= startS && t <= endS,
  );
  const last = samples.at(-1);
  // A run that was cut short shows nothing of what it did not play.
  if (last === undefined || samples.length < 2 || last.t < endS - stallS) return "unknown";
  const stoodS = longestStandstill(samples);
  if (stoodS < Math.min(stallS, endS - startS - 2)) return undefined;
  return { what: id, detail: `did nothing for ${stoodS.toFixed(0)} s` };
}

/** Seconds between two readings that differ, at most; a counter that begins anew differs too. */
function longestStandstill(samples: readonly Sample[]): number {
  let [since] = samples;
  let longest = 0;
  for (const sample of samples) {
    if (since === undefined) break;
    if (sample.value !== since.value) since = sample;
    longest = Math.max(longest, sample.t - since.t);
  }
  return longest;
}

function actionStall({ timeline }: RecordingReader, action: string, { startS, endS }: Phase): Row {
  let tried = 0;
  for (let second = startS; second < endS; second += 1) {
    const { sent, ok } = timeline.counts(action, [{ startS: second, endS: second + 1 }]);
    tried += sent;
    if (sent > 0 && ok === 0) {
      return { what: action, detail: `was never acknowledged in second ${second}` };
    }
  }
  return tried === 0 ? "unknown" : undefined;
}
