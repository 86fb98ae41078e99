/** What the warden does, in its own process: takes the backend over as it was handed, and heals what is to be healed. */
import { FaultJournal } from "../faults/life/journal.ts";
import type { Lane } from "../lanes/lane.ts";
import { programsOf } from "../lanes/programs-of.ts";
import { lanesOf } from "../lanes/topology-of.ts";
import { faultWorld } from "../runner/faults/fault-world.ts";
import { takeBackend } from "../runtime/local/kept/handed-backend.ts";
import { guardFaults } from "./warden.ts";
import { readyLine, taskSchema, taskVariable } from "./warden-node.ts";

/** @param lanes Those that it knows. Resolves when nothing is left to heal, or nobody to heal it for. */
export async function standGuard(lanes: readonly Lane[]): Promise<void> {
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
}
