/** The messages of the swarm as docs/swarm-protocol.md lists them, checked where they come in. */
import { z } from "zod";
import { FrameError } from "./frame-codec.ts";

const count = z.int().min(0);
const second = z.int().min(0).max(200_000);
const action = z.string().min(1).max(100);

const actionCounts = z.object({
  action,
  intended: count,
  sent: count,
  ok: count,
  fail: count,
  unknown: count,
  dropped: count,
});

const hello = z.object({
  type: z.literal("hello"),
  version: z.literal(2),
  pid: z.int().min(1),
  generator: count,
  groups: z.int().min(1),
});

const ready = z.object({ type: z.literal("ready"), connectMs: z.number().min(0) });

const laneId = z.string().min(1).max(100);

/** What a lane says of itself beside its actions. */
const lane = z.object({
  /** Totals so far; no two lanes have one of the same name. */
  counters: z.record(z.string(), count),
  /** What was compared of reads since the last frame, by the second in which they were sent. */
  compared: z
    .array(
      z.object({
        second,
        checked: count,
        back: count,
        asked: count,
        stale: count,
        settled: count,
        late: count,
      }),
    )
    .max(100_000),
  /** The first reads of a second that broke a rule. */
  findings: z
    .array(
      z.object({
        rule: z.enum(["back", "stale", "late"]),
        player: count,
        device: count,
        sentUs: z.int(),
        wanted: count,
        got: count,
        acknowledgedUs: z.int().optional(),
      }),
    )
    .max(10_000),
});

const secondFrame = z.object({
  type: z.literal("second"),
  second,
  /** Changes since the last frame, by second of the intended start. */
  counts: z.array(actionCounts.extend({ second })).max(100_000),
  open: z.array(z.object({ action, second, count })).max(100_000),
  histograms: z.array(z.object({ series: action, second, hdr: z.base64() })).max(100_000),
  lanes: z.record(laneId, lane),
  generator: z.object({
    cpuSeconds: z.number().min(0),
    rssBytes: count,
    queue: z.number().min(0).max(1),
    resent: count,
    reconnects: count,
    players: count,
  }),
});

const end = z.object({
  type: z.literal("end"),
  reason: z.enum(["finished", "stopped", "failed"]),
  error: z.string().optional(),
  frames: count,
  totals: z.array(actionCounts).max(1_000),
  /** Those of each lane. */
  ledgerRecords: z.record(laneId, count),
});

const frame = z.discriminatedUnion("type", [hello, ready, secondFrame, end]);

export type HelloFrame = z.infer<typeof hello>;
export type ReadyFrame = z.infer<typeof ready>;
export type SecondFrame = z.infer<typeof secondFrame>;
export type EndFrame = z.infer<typeof end>;
export type Frame = z.infer<typeof frame>;

/** @throws FrameError when the payload is no frame of this protocol. */
export function parseFrame(payload: Buffer): Frame {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString("utf8"));
  } catch (error) {
    throw new FrameError(`a frame of ${payload.length} bytes is not JSON: ${String(error)}`);
  }
  const result = frame.safeParse(value);
  if (result.success) return result.data;
  throw new FrameError(`a frame does not follow docs/swarm-protocol.md: ${summary(result.error)}`);
}

function summary(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join(".") || "frame"}: ${issue.message}`)
    .join("; ");
}
