/** What the keeper prints, one JSON document per line; `docs/keeper.md` describes both directions. */
import { z } from "zod";

const reply = z.object({
  event: z.literal("reply"),
  id: z.number(),
  pid: z.number().optional(),
  ports: z.array(z.number()).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

const exited = z.object({
  event: z.literal("exited"),
  node: z.string(),
  pid: z.number(),
  code: z.number().optional(),
  signal: z.string().optional(),
  forced: z.boolean(),
  atUnixMs: z.number(),
  cpuSeconds: z.number(),
  rssMaxBytes: z.number(),
});

const message = z.discriminatedUnion("event", [reply, exited]);

export type KeeperReply = z.infer<typeof reply>;
export type KeeperExited = z.infer<typeof exited>;

export function parseKeeperMessage(line: string): KeeperReply | KeeperExited {
  return message.parse(JSON.parse(line));
}

export type KeeperCommand =
  | { readonly op: "ports"; readonly count: number; readonly base?: number }
  | { readonly op: "folder"; readonly path: string }
  | {
      readonly op: "start";
      readonly node: string;
      readonly program: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly dir: string;
      readonly log: string;
      readonly nice?: number;
    }
  | { readonly op: "signal"; readonly node: string; readonly signal: string }
  | { readonly op: "stop"; readonly node: string; readonly timeoutMs: number }
  | { readonly op: "shutdown"; readonly timeoutMs: number };
