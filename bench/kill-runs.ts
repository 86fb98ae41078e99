/**
 * What a kill costs the players, over many of them: runs at 2,000 digs/s in each of which the etcd leader,
 * or one gateway after the other, is killed five times.
 */
import type { Summary } from "../src/verdict/summary-document.ts";
import { huntJson } from "./hunt-json.ts";
import { atMost, type Reading } from "./readings.ts";

export const killsPerRun = 5;
const load = [
  ...["bench", "--scenario", "steady", "--duration", "40s", "--gate", "warn"],
  ...["--rate", "2000", "--players", "14000", "--no-warm-follower"],
  // The scenario's own judge seconds outside the faults, of which hardly any are left.
  ...["--budget", "sessions.dig.errorRate < 0.1%"],
];

interface Victim {
  readonly name: string;
  readonly faults: readonly string[];
}

export const victims: readonly Victim[] = [
  { name: "leader", faults: ["kill etcd/leader at 6s for 2s every 6.5s"] },
  {
    name: "gateway",
    faults: ["kill gateway/1 at 6s for 2s every 13s", "kill gateway/2 at 12.5s for 2s every 13s"],
  },
];

/** Plays as many runs as `kills` need. */
export async function measureKills({ name, faults }: Victim, kills: number): Promise<Reading[]> {
  const gaps: number[] = [];
  const waits: number[] = [];
  let [checked, lost, twice, unproven, unanswered, invalid] = [0, 0, 0, 0, 0, 0];
  for (let seed = 1; gaps.length + unproven < kills; seed += 1) {
    const flags = faults.flatMap((fault) => ["--fault", fault]);
    const summary = await huntJson<Summary>([...load, ...flags, "--seed", String(seed)]);
    for (const { injectedAtS, firstAckAtS, gapS, evidence, problem } of summary.faults) {
      const proven = injectedAtS !== null && evidence !== null && problem === null;
      if (!proven || firstAckAtS === null || gapS === null) {
        unproven += 1;
        continue;
      }
      gaps.push(firstAckAtS - injectedAtS);
      waits.push(gapS);
    }
    const violations = (id: string) => summary.guarantees.find((each) => each.id === id);
    const missing = violations("nothing-acknowledged-is-lost");
    const doubled = violations("nothing-is-applied-twice");
    checked += missing?.checked ?? 0;
    lost += missing?.violations ?? Number.NaN;
    twice += doubled?.violations ?? Number.NaN;
    unanswered += summary.lanes["sessions"]?.actions["dig"]?.unknown ?? Number.NaN;
    invalid += summary.generator.valid ? 0 : 1;
  }
  return [
    {
      what: `${name}: kills with evidence`,
      value: gaps.length,
      limit: `>= ${kills}`,
      reached: gaps.length >= kills,
    },
    { what: `${name}: acknowledged and checked`, value: checked, limit: "-", reached: checked > 0 },
    atMost(`${name}: lost`, lost, 0),
    atMost(`${name}: applied twice`, twice, 0),
    // Of a gateway's kill the first acknowledgement is mostly another gateway's.
    ...(name === "leader"
      ? [
          atMost("leader: gap to the first new acknowledgement, median, s", middle(gaps), 0.6),
          atMost("leader: the same, worst, s", Math.max(...gaps), 1.5),
        ]
      : []),
    atMost(`${name}: longest wait of a player for an answer, median, s`, middle(waits), 1.5),
    atMost(`${name}: the same, worst, s`, Math.max(...waits), 1.5),
    {
      what: `${name}: digs without an answer in 5 s`,
      value: unanswered,
      limit: "-",
      reached: true,
    },
    {
      what: `${name}: runs whose generator was not valid`,
      value: invalid,
      limit: "-",
      reached: true,
    },
  ];
}

function middle(values: readonly number[]): number | null {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const half = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
}
