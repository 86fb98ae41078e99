/**
 * The warden: a process of its own that heals the faults of one hunt if that one can't.
 *
 *   HUNT_WARDEN_TASK='{...}' node main.js --of=PID
 *
 * File 3 is its connection to the keeper, which ends it with the backend. Exit code 0: nothing is left to heal.
 */
import { FaultJournal } from "../faults/life/journal.ts";
import { lanes } from "../lanes/lanes.ts";
import { programsOf } from "../lanes/programs-of.ts";
import { lanesOf } from "../lanes/topology-of.ts";
import { faultWorld } from "../runner/faults/fault-world.ts";
import { takeBackend } from "../runtime/local/handed-backend.ts";
import { guardFaults } from "./warden.ts";
import { readyLine, taskSchema, taskVariable } from "./warden-node.ts";

const task = taskSchema.parse(JSON.parse(process.env[taskVariable] ?? ""));
const { packageRoot, injector, journalFolder } = task;
const files = { nodeBinary: process.execPath, packageRoot };
const backend = await takeBackend(task.backend, (topology) =>
  programsOf(lanesOf(topology, lanes), files),
);
const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const guarding = guardFaults({
  world: faultWorld(backend, lanesOf(backend.topology, lanes), clock),
  journal: new FaultJournal(journalFolder),
  injector,
  say: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
});
process.stdout.write(`${readyLine} ${process.pid}\n`);
await Promise.race([guarding, backend.keeperGone]);
process.exit();
