/**
 * `timeline.ndjson`, one event per line in the order in which they were written. `t` is in seconds
 * since the run's start (the first intended action), negative before it.
 *
 * Samples are readings: the later of two with one `t` stands. Counts are increments of the second of
 * the intended start: those with one `t` add up, since an action may end long after it was due. That
 * is why counts are a kind of their own and not six samples.
 */
import { z } from "zod";

const t = z.number();
const count = z.number().int().nonnegative();
/** That the event is about. */
const lane = z.string();

const timelineEventSchema = z.discriminatedUnion("kind", [
  z.object({
    t,
    kind: z.literal("phase"),
    phase: z.string(),
    state: z.enum(["begin", "end"]),
  }),
  z.object({
    t,
    kind: z.literal("node"),
    node: z.string(),
    state: z.enum(["starting", "ready", "stopping", "exited", "lost"]),
    detail: z.string().optional(),
  }),
  /** A probe of the node found something else than before; after a `failed` liveness it is started again. */
  z.object({
    t,
    kind: z.literal("probe"),
    node: z.string(),
    probe: z.enum(["liveness", "readiness"]),
    state: z.enum(["passed", "failed", "restart-failed"]),
    detail: z.string(),
  }),
  z.object({
    t,
    kind: z.literal("leader"),
    cluster: z.string(),
    node: z.string(),
    term: z.number(),
  }),
  /** Of an engine's own making, such as `NOSPACE` of a store that has reached its quota. */
  z.object({
    t,
    kind: z.literal("alarm"),
    /** That it was raised for; in recordings of older hunts the one that told. */
    node: z.string(),
    alarm: z.string(),
    /** Absent in recordings of older hunts, which told the first raise alone. */
    state: z.enum(["raised", "cleared"]).optional(),
    detail: z.string(),
  }),
  /** A folder of the run has less free than its next write may ask for, or enough again. */
  z.object({
    t,
    kind: z.literal("space"),
    state: z.enum(["short", "enough"]),
    /** `temp` holds the nodes' data, `reports` the recording. */
    place: z.enum(["temp", "reports"]),
    folder: z.string(),
    freeBytes: count,
  }),
  /** Another run of hunt on this machine, or a backend that stays (`backend`); `there`: before the load began. */
  z.object({
    t,
    kind: z.literal("other-run"),
    state: z.enum(["there", "came", "left"]),
    what: z.enum(["run", "backend"]),
    /** The run's id, or the backend's name. */
    name: z.string(),
    /** Of its hunt, or of the backend's keeper. */
    pid: count.optional(),
    folder: z.string(),
  }),
  /** The machine's disk took so long for a sync of 4 KB that began at `t`; written when it had ended. */
  z.object({ t, kind: z.literal("disk-stall"), forS: z.number().nonnegative() }),
  /** Somebody set the wall clock; the axis of a run does not feel it. Ahead is above 0. */
  z.object({ t, kind: z.literal("clock-step"), byS: z.number(), detail: z.string().optional() }),
  /** Between `t` and `untilS` hunt did not run, or the whole machine slept; then the axis stood still, too. */
  z.object({
    t,
    kind: z.literal("standstill"),
    who: z.enum(["hunt", "machine"]),
    untilS: z.number(),
    /** How long it took; of a machine that slept, by a clock that goes on meanwhile. */
    forS: z.number().nonnegative(),
  }),
  z.object({
    t,
    kind: z.literal("alert"),
    budget: z.string(),
    state: z.enum(["fired", "resolved"]),
    /** In the budget's unit; null when nothing was intended in that second. */
    observed: z.number().nullable(),
  }),
  /** The warm follower's: a snapshot of the cluster, taken from the follower `node`. */
  z.object({
    t,
    kind: z.literal("snapshot"),
    lane,
    state: z.enum(["taken", "failed"]),
    node: z.string().optional(),
    bytes: count.optional(),
    tookMs: z.number(),
    /** Of the program that took it. */
    cpuSeconds: z.number().optional(),
    /** Why it failed. */
    detail: z.string().optional(),
  }),
  /** The newest snapshot, restored, against every member; `unknown` could not be made. */
  z.object({
    t,
    kind: z.literal("comparison"),
    lane,
    state: z.enum(["equal", "unequal", "unknown"]),
    /** True: made after the load, which may have ended a moment before its plan. */
    drained: z.boolean().optional(),
    revision: count.optional(),
    /** -1: never compacted. */
    compactRevision: z.number().int().optional(),
    /** Of the data at that revision, by node id, the restored copy (`warm/1`) included. */
    hashes: z.record(z.string(), z.number()).optional(),
    /** Restore included. */
    tookMs: z.number(),
    cpuSeconds: z.number(),
    /** Why it is unknown. */
    detail: z.string().optional(),
  }),
  /** The life of a fault; `run.json` says what it is and when it was due. */
  z.object({
    t,
    kind: z.literal("fault"),
    fault: z.string(),
    state: z.enum(["waiting", "armed", "injected", "evidence", "healed", "recovered", "failed"]),
    /** With `armed`: the nodes that its selector meant just then. */
    resolvedTo: z.array(z.string()).optional(),
    /** With `healed`: not by the plan. */
    by: z.enum(["operator", "warden"]).optional(),
    /** The evidence, what it waits for, how late it came, or what failed. */
    detail: z.string().optional(),
  }),
  /** What a person did in a drill: noticed it, gave up, or was too late. */
  z.object({ t, kind: z.literal("operator"), act: z.enum(["ack", "heal", "time-over"]) }),
  /** What was compared of the reads sent in second `t`; those with one `t` add up (docs/guarantees.md). */
  z.object({
    t,
    kind: z.literal("reads"),
    lane,
    checked: count,
    back: count,
    asked: count,
    stale: count,
    settled: count,
    late: count,
  }),
  /** A read that broke a rule, sent at `t`; the first few of a second are told. */
  z.object({
    t,
    kind: z.literal("read-violation"),
    lane,
    rule: z.enum(["back", "stale", "late"]),
    player: count,
    /** 1 when absent. */
    device: count.optional(),
    wanted: count,
    got: count,
    /** When the wanted revision was acknowledged, of a late one. */
    acknowledgedAtS: z.number().optional(),
  }),
  /** The first of each kind that was found while the run went on (docs/guarantees.md). */
  z.object({
    t,
    kind: z.literal("violation"),
    lane,
    /** `lost`, `twice`, ... */
    what: z.string(),
    guarantee: z.string(),
    story: z.string(),
  }),
  /** Absent `by`: written by hand into the file, or by an older hunt, which did not say. */
  z.object({
    t,
    kind: z.literal("note"),
    text: z.string(),
    by: z.enum(["hunt", "operator"]).optional(),
  }),
  /** `t` is the whole second of the intended start; `action` as `sessions.read`. */
  z.object({
    t,
    kind: z.literal("counts"),
    action: z.string(),
    intended: count,
    sent: count,
    ok: count,
    fail: count,
    unknown: count,
    dropped: count,
  }),
  /** One sample per second per series; `series` as `node.k6/1.rssBytes`. */
  z.object({ t, kind: z.literal("sample"), series: z.string(), value: z.number() }),
]);

export type TimelineEvent = Readonly<z.infer<typeof timelineEventSchema>>;

const knownKinds: ReadonlySet<string> = new Set(
  timelineEventSchema.options.map((option) => option.shape.kind.value),
);
const anyEventSchema = z.object({ t, kind: z.string() });

/** As the writer writes them; nearly every line of a timeline is one. */
const sampleLine =
  /^\{"t":(-?(?:0|[1-9]\d*)(?:\.\d+)?),"kind":"sample","series":"([^"\\\p{Cc}]+)","value":(-?(?:0|[1-9]\d*)(?:\.\d+)?)\}$/u;

/**
 * An event of a kind that only another hunt knows is no damage.
 * @param upgraded What a line of an older recording would be today.
 * @throws Error for no event at all.
 */
export function parseTimelineEvent(
  line: string,
  upgraded: (value: unknown) => unknown = (value) => value,
): TimelineEvent | { readonly unknownKind: string } {
  const [, at, series, reading] = sampleLine.exec(line) ?? [];
  if (series !== undefined)
    return { t: Number(at), kind: "sample", series, value: Number(reading) };
  const value = upgraded(JSON.parse(line));
  const any = anyEventSchema.parse(value);
  return knownKinds.has(any.kind) ? timelineEventSchema.parse(value) : { unknownKind: any.kind };
}
