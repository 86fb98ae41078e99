/**
 * `run.json`: what was run, on what, and how it ended. It is written when the run starts and again,
 * whole and atomically, whenever something in it changes; so a reader that finds `running` in a
 * folder that nobody writes any more has found a run that was cut off.
 *
 * It carries everything that the verdict needs to know of a lane (its actions, its figures and
 * where their numbers come from), so a recording can be judged without the code that made it.
 */
import { z } from "zod";
import { chartDefinitionSchema } from "../metrics/chart-definition.ts";
import { figureDefinitionSchema } from "../metrics/figure.ts";

/** `version-1.ts` reads the one before. */
export const runSchemaVersion = 2;

/** Why a recording is partial. `detail` says it in a sentence. */
export const partialReasons = [
  "interrupted",
  "node-lost",
  "disk-full",
  "write-failed",
  "generator-failed",
  "start-failed",
  "bug",
] as const;

const runStateSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("running") }),
  z.object({ kind: z.literal("finished") }),
  z.object({ kind: z.literal("partial"), reason: z.enum(partialReasons), detail: z.string() }),
]);

/**
 * What an action is to the guarantees. `write`: an acknowledgement means applied; `stored`: kept for somebody who
 * will apply it. Both are in the ledger. `read` and `notify` are counted alone.
 */
const actionKinds = ["write", "stored", "read", "notify"] as const;

const recordedActionSchema = z.object({
  kind: z.enum(actionKinds),
  /** From the intended start, in milliseconds. */
  timeoutMs: z.number().positive(),
  /**
   * Expected arrivals per run second by the plan's curve. Absent where the plan gives no number,
   * as for reads, which are only drawn once there is something to read.
   */
  plannedPerS: z.array(z.number().nonnegative()).readonly().optional(),
  /** The action that holds these too, where it is one of some players alone: `read` of `read/mobile-4g`. */
  partOf: z.string().optional(),
});

const recordedPhaseSchema = z.object({
  name: z.string(),
  startS: z.number().int(),
  endS: z.number().int(),
});

export const variantSchema = z.object({
  /** `pool size` */
  what: z.string(),
  /** `16` */
  value: z.string(),
  unit: z.string(),
});

const recordedLaneSchema = z.object({
  design: z.string(),
  /** As the operator set it; its schema is the lane's own. */
  settings: z.record(z.string(), z.unknown()),
  /** The same in words. */
  settingsText: z.array(z.string()).readonly(),
  /** The setting that runs of one command are told apart by, beside the design. */
  variant: variantSchema.optional(),
  /** The largest number of active players. */
  players: z.number().int().nonnegative(),
  /** The action that stands for the lane where there is room for one. */
  headline: z.string(),
  /** Fewer acknowledged ones are too few to tell whether its guarantees hold. */
  fewestOperations: z.number().int().nonnegative(),
  /** Kinds of ledger records that only prepare for those of the plan: no fault is judged by them. */
  preparingKinds: z.array(z.number().int()).readonly(),
  /** What watched the lane beside the load, by name; false: it could have, and did not. */
  observers: z.record(z.string(), z.boolean()),
  /** By the action's short name: `read`, `read/mobile-4g`. */
  actions: z.record(z.string(), recordedActionSchema),
  figures: z.array(figureDefinitionSchema).readonly(),
  /** Nodes that are one store, `NAME/1` and up, and what each of them can be. */
  clusters: z
    .array(
      z.object({
        name: z.string(),
        kind: z.string(),
        roles: z.array(z.string()).readonly(),
        /** A gauge of each node: how long its syncs to disk took. */
        syncMs: z.string().optional(),
      }),
    )
    .readonly(),
  charts: z.array(chartDefinitionSchema).readonly(),
  /** With only those faults cut out that touch the lane. */
  phases: z.array(recordedPhaseSchema).readonly(),
});

const recordedFaultSchema = z.object({
  id: z.string(),
  kind: z.string(),
  /** As it was asked for. */
  target: z.string(),
  /** Those that it touches: its target's, or each with a node in the zone or on the machine. */
  lanes: z.array(z.string()).readonly(),
  /** Run second at which it was due. */
  atS: z.number(),
  /** Null: it was over by itself. */
  forS: z.number().nullable(),
  /** True: it was not planned; the operator injected it while the run went on. */
  byHand: z.boolean().optional(),
});

const recordedDrillSchema = z.object({
  name: z.string(),
  /** From the root of hunt's own repository. */
  runbook: z.string(),
  /** The runbook in short. */
  steps: z.array(z.string()),
  /** In the budget grammar, without a phase: held in every second. */
  steadyState: z.array(z.string()),
  /** Full points for a steady state that is back so soon. */
  recoverWithinS: z.number().positive(),
  /** A person repairs it. */
  interactive: z.boolean().optional(),
});

const seriesSchema = z.object({
  /** The same for all runs of the command, and for no others. */
  id: z.string(),
  /** Its number among them, from 1; a run that is played again keeps the number. */
  run: z.number().int(),
  of: z.number().int(),
});

export const runDocumentSchema = z.object({
  schemaVersion: z.literal(runSchemaVersion),
  runId: z.string(),
  state: runStateSchema,
  /** ISO 8601. Run second 0 once load has started; before that, when the run was begun. */
  startedAt: z.string(),
  /** Of the plan, in run seconds. */
  durationS: z.number().positive(),
  seed: z.number(),
  scenarioName: z.string(),
  /** The scenario as resolved, plan included. */
  scenario: z.record(z.string(), z.unknown()),
  /** What became of recorded traffic in its plan, for people; absent in recordings of older hunts. */
  planNotes: z.array(z.string()).readonly().optional(),
  runtime: z.enum(["local", "docker", "external"]),
  /** `hunt`, `node` and each engine. */
  versions: z.record(z.string(), z.string()),
  machine: z.object({
    cpuModel: z.string(),
    cores: z.number(),
    memoryBytes: z.number(),
    kernel: z.string(),
    platform: z.string(),
  }),
  /** With every fault cut out: the axis. Each lane has its own. */
  phases: z.array(recordedPhaseSchema).readonly(),
  /** In time order; absent in a run without faults. */
  faults: z.array(recordedFaultSchema).readonly().optional(),
  /** Of a run that is a drill. */
  drill: recordedDrillSchema.optional(),
  nodes: z
    .array(
      z.object({
        id: z.string(),
        kind: z.string(),
        zone: z.string(),
        /** Absent: all lanes share it. */
        lane: z.string().optional(),
        /** The counter of the node that grows while it does its work: `reads` is `node.<id>.reads`. */
        work: z.string().optional(),
      }),
    )
    .readonly(),
  lanes: z.record(z.string(), recordedLaneSchema),
  /** The command that plays the same plan again; absent where the run was not made by one. */
  replay: z.string().optional(),
  /** The run in whose place it was played, since the machine had spoiled that one. */
  retryOf: z.object({ runId: z.string(), reason: z.string() }).optional(),
  /** Of the runs of one command, when it plays more than one: designs, repeats, profiles of timers. */
  series: seriesSchema.optional(),
  /** True: it came with hunt's repository. Nobody made it here, and `last` never means it. */
  sample: z.boolean().optional(),
  /** In the budget grammar (`docs/budgets.md`), the scenario's and those of the command line. */
  budgets: z.array(z.string()).readonly(),
});

export type RunDocument = z.infer<typeof runDocumentSchema>;
export type RecordedLane = RunDocument["lanes"][string];
export type RunState = z.infer<typeof runStateSchema>;
