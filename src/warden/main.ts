/**
 * The warden: a process of its own that heals the faults of one hunt if that one can't.
 *
 *   HUNT_WARDEN_TASK='{...}' node main.js --of=PID
 *
 * File 3 is its connection to the keeper, which ends it with the backend. Exit code 0: nothing is left to heal.
 */
import { engines } from "../engines/engines.ts";
import { FaultJournal } from "../faults/life/journal.ts";
import { lanes } from "../lanes/lanes.ts";
import { faultWorld } from "../runner/faults/fault-world.ts";
import { takeBackend } from "../runtime/local/handed-backend.ts";
import type { Topology } from "../topology/topology.ts";
import { guardFaults } from "./warden.ts";
import { readyLine, taskSchema, taskVariable } from "./warden-node.ts";

const task = taskSchema.parse(JSON.parse(process.env[taskVariable] ?? ""));
const { packageRoot, injector, journalFolder } = task;
const files = { nodeBinary: process.execPath, packageRoot };
const laneOf = ({ lane }: Topology) => {
  const found = lanes.find(({ id }) => id === lane);
  if (found === undefined) throw new Error(`this hunt does not know the lane "${lane}"`);
  return found;
};
const backend = await takeBackend(task.backend, (topology) => ({
  ...engines,
  ...laneOf(topology).programs(files),
}));
const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const guarding = guardFaults({
  world: faultWorld(backend, laneOf(backend.topology), clock),
  journal: new FaultJournal(journalFolder),
  injector,
  say: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
});
process.stdout.write(`${readyLine} ${process.pid}\n`);
await Promise.race([guarding, backend.keeperGone]);
process.exit();
