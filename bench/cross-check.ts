/**
 * Do the swarm and plain k6 agree? The same plan and seed, played by both side by side, each at a backend
 * of its own, three times: `npm run cross-check`. Exit code 1 when they do not.
 *
 * Counts must be the same, for reads up to a few (docs/swarm-protocol.md, "Plain k6"). Side by side, what
 * else the machine does falls upon both alike. Latencies are compared pair by pair, and the closest pair
 * counts: a busy machine pulls a pair apart, since plain k6 needs several times the CPU, but a generator
 * that measures something else is off in every pair. The tolerances are those of a calm machine
 * (docs/performance.md); `--p50-ms N --p99-ratio N` widen them where others work beside it, as in CI.
 */
import { parseArgs } from "node:util";
import type { Summary } from "../src/verdict/summary-document.ts";
import { huntJson } from "./hunt-json.ts";
import { atMost, printReadings, type Reading } from "./readings.ts";

const repeats = 3;
const load = ["--scenario", "smoke", "--duration", "10s", "--players", "250", "--rate", "150"];
// What is judged here is the difference; a machine that is busy must not end a run as inconclusive.
const wide = ["--budget", "sessions.dig.p99 < 2s", "--gate", "warn"];

const { values } = parseArgs({
  options: {
    "p50-ms": { type: "string", default: "2" },
    "p99-ratio": { type: "string", default: "2" },
  },
});
const tolerance = {
  readsOff: 0.01,
  p50Ms: Number(values["p50-ms"]),
  p99Ratio: Number(values["p99-ratio"]),
};

interface Pair {
  readonly swarm: Summary;
  readonly plain: Summary;
}

async function playedBy(generator: "swarm" | "plain-k6"): Promise<Summary> {
  return huntJson<Summary>(["bench", ...load, ...wide, "--generator", generator]);
}

const pairs: Pair[] = [];
for (let repeat = 0; repeat < repeats; repeat += 1) {
  const [swarm, plain] = await Promise.all([playedBy("swarm"), playedBy("plain-k6")]);
  pairs.push({ swarm, plain });
}

const readings = [
  ...counts(pairs),
  ...states(pairs),
  ...latencies(pairs, "dig"),
  ...latencies(pairs, "read"),
];
printReadings(readings);
process.exitCode = readings.every(({ reached }) => reached) ? 0 : 1;

function actionOf(summary: Summary, action: string) {
  const found = summary.lanes["sessions"]?.actions[action];
  if (found === undefined) throw new Error(`the summary has no action ${action}`);
  return found;
}

/** The largest difference over the pairs. */
function largest(all: readonly Pair[], difference: (pair: Pair) => number): number {
  return Math.max(...all.map(difference));
}

function counts(all: readonly Pair[]): Reading[] {
  const off = (action: string, count: "intended" | "ok") =>
    largest(all, ({ swarm, plain }) =>
      Math.abs(actionOf(swarm, action)[count] - actionOf(plain, action)[count]),
    );
  const share = largest(all, ({ swarm, plain }) => {
    const [one, other] = [actionOf(swarm, "read").ok, actionOf(plain, "read").ok];
    return Math.abs(one - other) / one;
  });
  const digs = actionOf(pairs[0]?.plain ?? missing(), "dig").ok;
  return [
    { what: "digs acknowledged by plain k6", value: digs, limit: "> 0", reached: digs > 0 },
    atMost("digs intended, difference", off("dig", "intended"), 0),
    atMost("digs acknowledged, difference", off("dig", "ok"), 0),
    atMost("reads answered, difference as a share", share, tolerance.readsOff),
  ];
}

/** What the store holds in the end is explained by what either says that it was acknowledged. */
function states(all: readonly Pair[]): Reading[] {
  const runs = all.flatMap(({ swarm, plain }) => [swarm, plain]);
  const unheld = runs.flatMap(({ guarantees }) =>
    guarantees.filter((each) => each.outcome !== "held"),
  );
  const off = largest(all, ({ swarm, plain }) =>
    Math.abs((swarm.guarantees[0]?.checked ?? 0) - (plain.guarantees[0]?.checked ?? Number.NaN)),
  );
  return [
    atMost("guarantees that are not held, over all runs", unheld.length, 0),
    atMost("operations checked against the final state, difference", off, 0),
  ];
}

function latencies(all: readonly Pair[], action: string): Reading[] {
  const of = (summary: Summary, percentile: "p50" | "p99") =>
    actionOf(summary, action).serviceMs[percentile] ?? Number.NaN;
  const shown = (percentile: "p50" | "p99") =>
    all
      .map(({ swarm, plain }) =>
        [swarm, plain].map((run) => of(run, percentile).toFixed(1)).join("/"),
      )
      .join(", ");
  const differences = all.map(({ swarm, plain }) => Math.abs(of(plain, "p50") - of(swarm, "p50")));
  const ratios = all.map(({ swarm, plain }) => {
    const [one, other] = [of(swarm, "p99"), of(plain, "p99")];
    return Math.max(one, other) / Math.min(one, other);
  });
  return [
    atMost(
      `${action} service p50, swarm/plain k6 ${shown("p50")} ms; least difference`,
      Math.min(...differences),
      tolerance.p50Ms,
    ),
    atMost(
      `${action} service p99, ${shown("p99")} ms; least factor`,
      Math.min(...ratios),
      tolerance.p99Ratio,
    ),
  ];
}

function missing(): never {
  throw new Error("there is no run");
}
