/** The load under which a drill is held: even, long enough before the fault and after it. */
import { parseFault } from "../faults/fault-expression.ts";
import type { RunDocument } from "../recording/run-document.ts";
import { resolveScenario } from "../scenarios/resolve-scenario.ts";
import type { PlayedScenario } from "../scenarios/scenario.ts";
import type { Drill } from "./drill.ts";

export interface DrillLoad {
  readonly players?: number;
  readonly ratePerS?: number;
}

/** The last drilled fault is healed at 26 s; what is left is for the recovery and for the proof of it. */
const durationS = 38;
const defaultPlayers = 1_400;
/** Of every second before the fault, and of five in a row after it. */
const steadyState = [
  "sessions.dig.p99 < 150ms",
  "sessions.dig.errorRate < 1%",
  "sessions.read.errorRate < 1%",
];

/** @throws HuntError (exit code 2) when the load can't be played. */
export async function drillScenario(drill: Drill, load: DrillLoad): Promise<PlayedScenario> {
  const scenario = await resolveScenario({
    scenario: "smoke",
    players: load.players ?? defaultPlayers,
    ...(load.ratePerS === undefined ? {} : { ratePerS: load.ratePerS }),
    durationS,
    faults: drill.faults.map(parseFault),
    budgets: steadyState.map((budget) => `${budget} @steady`),
  });
  return { ...scenario, name: `drill-${drill.name}`, description: drill.description };
}

/** What the recording has to know to be scored, now and later. */
export function recordedDrill(drill: Drill): NonNullable<RunDocument["drill"]> {
  const { name, recoverWithinS, steps } = drill;
  return {
    name,
    runbook: `docs/runbooks/${name}.md`,
    steps: [...steps],
    steadyState: [...steadyState],
    recoverWithinS,
  };
}
