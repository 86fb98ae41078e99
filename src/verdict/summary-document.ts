/**
 * `summary.json` and what `--json` prints: the result of a run. The zod schemas are the definition;
 * `schema/summary.schema.json` is written from them by `vitest -u`, and the same test fails when it is
 * out of date. Times are in the unit that the name ends with; a number that could not be had is null,
 * never 0.
 */
import { z } from "zod";
import { variantSchema } from "../recording/run-document.ts";

export const summarySchemaVersion = 2;

const runSecond = z.number().nullable();

const latencySchema = z
  .object({
    p50: z.number().nullable(),
    p90: z.number().nullable(),
    p95: z.number().nullable(),
    p99: z.number().nullable(),
    p999: z.number().nullable(),
    max: z.number().nullable(),
    count: z.number().int(),
  })
  .describe("Milliseconds, or the unit that the figure's name ends with; null where it is empty.");

const actionSchema = z.object({
  intended: z.number().int(),
  sent: z.number().int(),
  ok: z.number().int(),
  fail: z.number().int(),
  unknown: z.number().int(),
  dropped: z.number().int().describe("Never sent, by the generator's own fault."),
  ratePerS: z.number().describe("ok actions per second of the window."),
  errorRate: z.number().nullable().describe("(fail + unknown) / (ok + fail + unknown)."),
  responseMs: latencySchema,
  serviceMs: latencySchema,
  blockedMs: latencySchema,
});

const guaranteeSchema = z.object({
  lane: z.string().describe("Whose promise it is; several lanes may have one of the same id."),
  id: z.string(),
  promise: z.string(),
  outcome: z.enum(["held", "broken", "unknown"]),
  checked: z.number().int().describe("Operations that the outcome rests on; or what `of` says."),
  of: z.string().optional().describe("What was checked, where not operations."),
  violations: z.number().int(),
  upperBound95: z
    .number()
    .nullable()
    .describe("With no violation in n: 3/n, the 95 % upper bound of the true rate."),
  example: z.string().optional().describe("The first violation, told as a story."),
  note: z.string().optional().describe("Why it is unknown, or what was left out."),
  secondOpinion: z
    .boolean()
    .optional()
    .describe("True: what it promises is checked otherwise too, and an unknown decides nothing."),
});

/** What of the machine can spoil a run: a generator that was late, a disk that stood still. */
const spoilers = ["generator", "disk"] as const;

const budgetSchema = z.object({
  expression: z.string(),
  phase: z.string().nullable(),
  observed: z.number().nullable().describe("In `unit`."),
  limit: z.number().describe("In `unit`."),
  unit: z.enum(["ms", "%", "/s", "bytes", "count"]),
  margin: z
    .number()
    .nullable()
    .describe("Room left as a share of the limit; negative when breached."),
  samples: z.number().int(),
  leftOutS: z
    .number()
    .int()
    .optional()
    .describe("Seconds of its window that are left out, since the machine's disk stood still."),
  outcome: z.enum(["held", "breached", "inconclusive"]),
  spoiledBy: z
    .enum(spoilers)
    .optional()
    .describe("What of the machine keeps a budget that was not met from being evidence."),
  reason: z.string().optional(),
});

const generatorSchema = z.object({
  valid: z.boolean(),
  problems: z.array(z.string()),
  scheduleLagMs: z.object({ p99: z.number().nullable(), max: z.number().nullable() }),
  droppedActions: z.number().int(),
  queueMax: z.number().nullable().describe("Fill of the frame queue, 0 to 1."),
  cpuSeconds: z.number().nullable(),
  rssMaxBytes: z.number().nullable(),
});

const alertSchema = z
  .object({
    budget: z.string(),
    firedAtS: z.number().describe("When it became known."),
    resolvedAtS: z.number().nullable().describe("Null: never, while load was played."),
    observed: z.number().nullable().describe("In `unit`, in the second that made it fire."),
    unit: z.enum(["ms", "%", "/s", "bytes", "count"]),
  })
  .describe("A budget that was breached in 3 of 5 seconds (docs/budgets.md).");

const diskStallsSchema = z
  .object({
    count: z.number().int(),
    ownWrites: z
      .number()
      .int()
      .describe("Those in which the run itself wrote much: they are not left out."),
    longest: z.object({ atS: z.number(), forS: z.number() }).nullable(),
    seconds: z
      .array(z.number().int())
      .describe("Run seconds that budgets on latencies leave out, unless they are too many."),
  })
  .describe("Syncs of 4 KB that took the machine's disk 50 ms or more (docs/budgets.md).");

const resourceSchema = z.object({
  cpuSeconds: z.number().nullable(),
  rssMaxBytes: z.number().nullable(),
  bytesWritten: z.number().nullable(),
});

const warmFollowerSchema = z
  .object({
    snapshots: z.object({
      taken: z.number().int(),
      failed: z.number().int(),
      bytesMax: z.number().nullable(),
      tookMs: z.object({ median: z.number().nullable(), max: z.number().nullable() }),
    }),
    comparisons: z.array(
      z.object({
        atS: z.number().describe("Run second at which it was done."),
        state: z.enum(["equal", "unequal", "unknown"]),
        revision: z.number().int().optional(),
        drained: z.boolean().optional().describe("Made after the load."),
        compactRevision: z.number().int().optional(),
        hashes: z
          .record(z.string(), z.number())
          .optional()
          .describe("Of the data at the revision, by member; `warm/1` is the restored copy."),
        tookMs: z.number().describe("Restore included."),
        cpuSeconds: z.number().describe("Of the restore and the restored member."),
        detail: z.string().optional().describe("Why it is unknown."),
      }),
    ),
    cpuSeconds: z.number().describe("Of all snapshots, restores and restored members."),
  })
  .describe("Snapshots of a follower, restored and compared with every member.");

const laneSchema = z.object({
  design: z.string(),
  players: z.number().int(),
  settings: z
    .record(z.string(), z.unknown())
    .describe("As the operator set it; empty where the recording does not know."),
  settingsText: z.array(z.string()).describe("The same in words."),
  variant: variantSchema
    .optional()
    .describe("The setting that runs of one command are told apart by, beside the design."),
  headline: z.string().describe("The action that stands for the lane."),
  actions: z.record(z.string(), actionSchema),
  figures: z.record(z.string(), z.union([latencySchema, z.number(), z.null()])),
  extras: z
    .object({ warmFollower: warmFollowerSchema.optional() })
    .describe("What watched the lane beside its load, where it did."),
});

const feltSchema = z.object({
  firstAckAtS: runSecond.describe("First acknowledgement of a write first sent after it."),
  gapS: z
    .number()
    .nullable()
    .describe("Longest wait for an answer, of a write that was open at it or sent until healed."),
  recoveredAtS: runSecond.describe("From then on 99 % of a second's writes were within limitMs."),
  limitMs: z.number().nullable().describe("Null where targets in several lanes have others."),
});

const faultSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    target: z.string().describe("The selector."),
    lanes: z.array(z.string()).describe("Those that it touches."),
    resolvedTo: z.array(z.string()).describe("The nodes that it meant when the fault fired."),
    injectedBy: z
      .enum(["plan", "operator"])
      .describe("operator: by hand, while the run went on; judged like one of the plan."),
    dueAtS: z.number(),
    injectedAtS: runSecond,
    evidence: z.string().nullable().describe("What proves that it bit; null: nothing does."),
    detectedAtS: runSecond.describe("First alert while it lasted or in the 10 s after it."),
    ...feltSchema.shape,
    healedAtS: runSecond,
    healedBy: z
      .enum(["plan", "operator", "warden"])
      .nullable()
      .describe(
        "operator: by hand, which may be before its time; warden: after its time, since hunt itself did not; null: it was not healed.",
      ),
    restoredAtS: runSecond.describe("When every target served again."),
    felt: z
      .record(z.string(), feltSchema)
      .describe("By lane, whether the fault touches it or not. The four above are its targets'."),
    problem: z.string().nullable().describe("What went wrong with it; the run is inconclusive."),
  })
  .describe("A fault of the run; times in run seconds.");

const couplingSchema = z
  .object({
    fault: z.string(),
    what: z.string().describe("Its kind and selector."),
    touches: z.array(z.string()).describe("The lanes that it touches."),
    lane: z.string().describe("The lane that had an alert meanwhile, and is not among them."),
    budget: z.string(),
    firedAtS: z.number(),
    busyShare: z.number().optional().describe("Of the machine's processors while it was on."),
    ioWaitShare: z
      .number()
      .optional()
      .describe("Of their time: nothing to do but wait for a disk."),
    slowestSyncMs: z.number().optional().describe("Of 4 KB, by the probe of the disk."),
  })
  .describe("An alert of one lane while a fault on others was on: they share the machine.");

const timelineNoteSchema = z.object({
  atS: z.number().describe("Run second; negative before the load."),
  by: z
    .literal("operator")
    .nullable()
    .describe("Null: the recording does not say who; a person by hand, or an older hunt."),
  text: z.string(),
});

const drillSchema = z
  .object({
    name: z.string(),
    runbook: z.string(),
    steps: z.array(z.string()).describe("The runbook in short."),
    steadyState: z.array(z.string()).describe("Budgets that held before and have to hold again."),
    recoverWithinS: z.number(),
    steadyBefore: z.boolean(),
    faultAtS: runSecond.describe("The first fault."),
    detectedAfterS: z.number().nullable().describe("First alert on the steady state."),
    mitigatedAfterS: z.number().nullable().describe("The last fault was healed."),
    recoveredAfterS: z
      .number()
      .nullable()
      .describe("The first of 5 s in a row in which the steady state held."),
    redundantAfterS: z.number().nullable().describe("Every target served again."),
    interactive: z.boolean().optional().describe("A person had to repair it."),
    acknowledgedAfterS: z.number().nullable().describe("A person said that it was noticed."),
    elections: z
      .number()
      .int()
      .nullable()
      .describe(
        "Terms begun from the first fault until all were healed; those without a winner too.",
      ),
    gaveUp: z.boolean().describe("A person gave up, or was too late: hunt healed."),
    score: z.number().nullable().describe("0 to 100; 0 when a guarantee is broken."),
    unscored: z.string().nullable().describe("Why there is no score."),
    points: z.array(
      z.object({
        part: z.enum(["guarantees", "detection", "recovery", "redundancy"]),
        got: z.number(),
        most: z.number(),
      }),
    ),
  })
  .describe("How a drill went; times in seconds after the first fault (docs/drills.md).");

const verdictSchema = z.object({
  outcome: z.enum(["pass", "breach", "broken", "inconclusive"]),
  exitCode: z.union([z.literal(0), z.literal(4), z.literal(5), z.literal(99)]),
  reasons: z.array(z.string()),
  spoiledBy: z
    .array(z.enum(spoilers))
    .optional()
    .describe("Set when nothing but the machine kept the run from a verdict: it is worth a retry."),
});

export const summarySchema = z
  .object({
    schemaVersion: z.literal(summarySchemaVersion),
    runId: z.string(),
    scenario: z.string(),
    seed: z.number(),
    runtime: z.string(),
    startedAt: z.string(),
    durationS: z.number().describe("Run seconds of the plan."),
    measured: z
      .array(z.object({ startS: z.number().int(), endS: z.number().int() }))
      .describe("The seconds that lane figures cover: all but the warm-up."),
    partial: z.object({ reason: z.string(), detail: z.string() }).nullable(),
    verdict: verdictSchema,
    lanes: z.record(z.string(), laneSchema),
    generator: generatorSchema,
    guarantees: z.array(guaranteeSchema),
    faults: z.array(faultSchema),
    couplings: z.array(couplingSchema),
    drill: drillSchema.nullable().describe("Null for a run that is none."),
    budgets: z.array(budgetSchema),
    alerts: z.array(alertSchema),
    diskStalls: diskStallsSchema.nullable().describe("Null where nobody watched the disk."),
    resources: z.record(z.string(), resourceSchema),
    timelineNotes: z
      .array(timelineNoteSchema)
      .optional()
      .describe("What people noted while the run went on, by time; absent where there is nothing."),
    notes: z
      .array(z.string())
      .describe(
        "What the reader found odd in the folder, a disk that was slow, and which run it was played in place of.",
      ),
    versions: z.record(z.string(), z.string()),
    machine: z.object({
      cpuModel: z.string(),
      cores: z.number(),
      memoryBytes: z.number(),
      kernel: z.string(),
      platform: z.string(),
    }),
    replay: z.string().optional().describe("The command that plays the same plan again."),
    series: z
      .object({ id: z.string(), run: z.number().int(), of: z.number().int() })
      .optional()
      .describe("Of a run that its command played beside others: run `run` of `of`."),
  })
  .meta({ title: "Summary of a hunt run" });

const comparisonRowSchema = z.object({
  figure: z.string().describe("Such as `sessions.read.responseMs.p99`."),
  medians: z.array(z.number().nullable()).describe("One per column, over its runs."),
  ratios: z
    .array(z.number().nullable())
    .describe("The first column's median divided by this column's; above 1: this one is lower."),
  differences: z
    .array(z.number().nullable())
    .describe("This column's median minus the first column's."),
});

export const comparisonSchema = z
  .object({
    schemaVersion: z.literal(summarySchemaVersion),
    comparison: z.object({
      of: z
        .enum(["command", "runs"])
        .describe("command: designs and repeats of one command; runs: any others, such as builds."),
      columns: z.array(
        z.object({
          name: z.string().describe("A design; of `runs` a letter."),
          runs: z.array(z.number().int()).describe("Positions in `runs`, from 0."),
        }),
      ),
      designs: z.array(z.string()).describe("One per column."),
      repeats: z.array(z.number().int()).describe("One per column: how many runs it holds."),
      unlike: z
        .array(z.object({ what: z.string(), values: z.array(z.string()) }))
        .describe("What `runs` are unlike in, a value per column; of one command nothing."),
      rows: z.array(comparisonRowSchema),
    }),
    runs: z.array(summarySchema),
  })
  .meta({ title: "Several hunt runs side by side" });

export type Summary = z.infer<typeof summarySchema>;
export type ComparisonDocument = z.infer<typeof comparisonSchema>;
export type Verdict = z.infer<typeof verdictSchema>;
export type BudgetResult = z.infer<typeof budgetSchema>;
export type GuaranteeResult = z.infer<typeof guaranteeSchema>;
export type GeneratorResult = z.infer<typeof generatorSchema>;
export type LaneResult = z.infer<typeof laneSchema>;
export type ActionResult = z.infer<typeof actionSchema>;
export type LatencyResult = z.infer<typeof latencySchema>;
export type AlertResult = z.infer<typeof alertSchema>;
export type DiskStallsResult = z.infer<typeof diskStallsSchema>;
export type ResourceResult = z.infer<typeof resourceSchema>;
export type FaultResult = z.infer<typeof faultSchema>;
export type CouplingResult = z.infer<typeof couplingSchema>;
export type DrillResult = z.infer<typeof drillSchema>;
export type WarmFollowerResult = z.infer<typeof warmFollowerSchema>;
export type ComparisonRow = z.infer<typeof comparisonRowSchema>;
