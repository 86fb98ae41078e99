/** What the keeper prints, one JSON document per line; `docs/keeper.md` describes both directions. */
import { z } from "zod";
import type { NodeFigures, Probe } from "../../runtime.ts";

const exited = z.object({
  event: z.literal("exited"),
  node: z.string(),
  pid: z.number(),
  code: z.number().optional(),
  signal: z.string().optional(),
  forced: z.boolean(),
  /** By any hunt. */
  asked: z.boolean(),
  atUnixMs: z.number(),
  cpuSeconds: z.number(),
  rssMaxBytes: z.number(),
});

const nodeFacts = z.object({
  node: z.string(),
  pid: z.number(),
  state: z.enum(["running", "paused", "stopping", "exited"]),
  program: z.string(),
  args: z.array(z.string()).nullable(),
  dir: z.string(),
  log: z.string(),
  starts: z.number(),
  startedAtUnixMs: z.number(),
  startedAtMonotonicMs: z.number(),
  exit: exited.optional(),
});

const figures = z.object({
  node: z.string(),
  pid: z.number(),
  cpuSeconds: z.number(),
  rssBytes: z.number(),
  writtenBytes: z.number().optional(),
  processes: z.number(),
});

const started = z.object({
  event: z.literal("started"),
  node: z.string(),
  pid: z.number(),
  starts: z.number(),
  atUnixMs: z.number(),
  /** By the clock that nobody can set. */
  atMonotonicMs: z.number(),
});

const probed = z.object({
  event: z.literal("probed"),
  node: z.string(),
  pid: z.number(),
  probe: z.enum(["liveness", "readiness"]),
  state: z.enum(["passed", "failed", "restart-failed"]),
  detail: z.string(),
  atUnixMs: z.number(),
  /** By the clock that nobody can set. */
  atMonotonicMs: z.number(),
});

const reply = z.object({
  event: z.literal("reply"),
  id: z.number(),
  pid: z.number().optional(),
  ports: z.array(z.number()).optional(),
  nodes: z.array(nodeFacts).optional(),
  figures: z.array(figures).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

const message = z.discriminatedUnion("event", [reply, exited, started, probed]);

export type KeeperReply = z.infer<typeof reply>;
export type KeeperExited = z.infer<typeof exited>;
export type KeeperStarted = z.infer<typeof started>;
export type KeeperProbed = z.infer<typeof probed>;
export type KeeperNodeFacts = z.infer<typeof nodeFacts>;

export function parseKeeperMessage(
  line: string,
): KeeperReply | KeeperExited | KeeperStarted | KeeperProbed {
  return message.parse(JSON.parse(line));
}

export function figuresOf({ figures: told = [] }: KeeperReply): readonly NodeFigures[] {
  return told.map(({ node, writtenBytes, ...rest }) => ({
    ...rest,
    nodeId: node,
    bytesWritten: writtenBytes,
  }));
}

/** As in docs/keeper.md. */
export type KeeperProbe = Omit<Probe, "ask"> &
  (
    | { readonly http: string }
    | { readonly tcp: string; readonly send: string; readonly expect: string }
  );

export type KeeperCommand =
  | { readonly op: "ports"; readonly count: number; readonly base?: number }
  | { readonly op: "folder"; readonly path: string; readonly adopt?: boolean }
  | {
      readonly op: "start";
      readonly node: string;
      readonly program: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly dir: string;
      readonly log: string;
      readonly nice?: number;
      readonly tcpPorts: readonly number[];
      readonly client?: true;
      readonly unprivileged?: true;
      readonly stopSignal?: string;
      readonly step?: true;
      readonly liveness?: KeeperProbe;
      readonly readiness?: KeeperProbe;
      /** Of a stop by the liveness probe. */
      readonly stopTimeoutMs?: number;
    }
  /** As it was started last. */
  | { readonly op: "start"; readonly node: string }
  | { readonly op: "nodes" | "figures" }
  | { readonly op: "listen" | "stay"; readonly path: string }
  | { readonly op: "signal"; readonly node: string; readonly signal: string }
  | { readonly op: "stop"; readonly node: string; readonly timeoutMs: number }
  | { readonly op: "shutdown"; readonly timeoutMs: number };
