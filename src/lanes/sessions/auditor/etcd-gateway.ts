/**
 * The two calls of etcd's JSON gateway that the auditor needs: a watch that streams, and a range. Plain
 * HTTP and JSON, so that nothing is shared with the gRPC client of what is audited.
 * https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/
 */
import { type IncomingMessage, request } from "node:http";
import { z } from "zod";

const int64 = z.string().default("0").transform(Number);

const keyValue = z.object({ key: z.string(), value: z.string().default(""), mod_revision: int64 });

const watchLine = z.object({
  result: z
    .object({
      canceled: z.boolean().default(false),
      cancel_reason: z.string().default(""),
      compact_revision: int64,
      events: z.array(z.object({ kv: keyValue })).default([]),
    })
    .optional(),
  error: z.object({ message: z.string() }).optional(),
});

const rangeAnswer = z.object({
  header: z.object({ revision: int64 }),
  kvs: z.array(keyValue).default([]),
});

export interface StoredValue {
  readonly key: string;
  readonly value: Buffer;
  /** The store's revision that wrote it. */
  readonly revision: number;
}

export interface CompactedAway {
  /** The oldest revision that can be watched. */
  readonly compactRevision: number;
}

export interface CallOptions {
  /** `host:port` of a member's client port. */
  readonly address: string;
  /** The call is given up when nothing came for so long. */
  readonly quietMs: number;
  readonly signal: AbortSignal;
}

/** A range may be answered with a whole tail of the log, 16 MB at most, a third longer in base64. */
const maxAnswerBytes = 64 * 1024 * 1024;
/** A watch that resumes gets up to 1,000 revisions at once. */
const maxLineBytes = 256 * 1024 * 1024;

/**
 * Calls `onValues` with what is written below the prefix from a revision on, in order of revisions.
 * @returns when the store has compacted the revision away.
 * @throws Error when the watch ends for another reason.
 */
export async function watchPrefix(
  prefix: string,
  fromRevision: number,
  onValues: (values: readonly StoredValue[]) => void,
  options: CallOptions,
): Promise<CompactedAway> {
  const body = {
    create_request: {
      ...prefixRange(prefix),
      start_revision: String(fromRevision),
      filters: ["NODELETE"],
    },
  };
  for await (const line of linesOf(await post("watch", body, options))) {
    const { result, error } = watchLine.parse(JSON.parse(line));
    if (error !== undefined) throw new Error(error.message);
    if (result === undefined) continue;
    if (result.compact_revision > 0) return { compactRevision: result.compact_revision };
    if (result.canceled) throw new Error(`the watch was cancelled: ${result.cancel_reason}`);
    if (result.events.length > 0) onValues(result.events.map(({ kv }) => storedValue(kv)));
  }
  throw new Error("the watch ended");
}

/** What is below the prefix and was written at `minRevision` or later, in order of revisions; linearizable. */
export async function readWrittenSince(
  prefix: string,
  minRevision: number,
  options: CallOptions,
): Promise<{ readonly values: StoredValue[]; readonly revision: number }> {
  const answer = await range(
    { ...prefixRange(prefix), min_mod_revision: String(minRevision) },
    options,
  );
  const values = answer.kvs.map(storedValue).sort((left, right) => left.revision - right.revision);
  return { values, revision: answer.header.revision };
}

/** The revision of the newest value below the prefix; 0 when there is none. Linearizable. */
export async function newestRevision(prefix: string, options: CallOptions): Promise<number> {
  const order = { sort_order: "DESCEND", sort_target: "MOD", limit: "1", keys_only: true };
  const { kvs } = await range({ ...prefixRange(prefix), ...order }, options);
  return kvs[0]?.mod_revision ?? 0;
}

async function range(body: unknown, options: CallOptions): Promise<z.infer<typeof rangeAnswer>> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of await post("kv/range", body, options)) {
    parts.push(part);
    length += part.length;
    if (length > maxAnswerBytes) throw new Error(`an answer has more than ${maxAnswerBytes} bytes`);
  }
  return rangeAnswer.parse(JSON.parse(Buffer.concat(parts).toString("utf8")));
}

function prefixRange(prefix: string) {
  const end = Buffer.from(prefix);
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1);
  return { key: Buffer.from(prefix).toString("base64"), range_end: end.toString("base64") };
}

function storedValue(kv: z.infer<typeof keyValue>): StoredValue {
  return {
    key: Buffer.from(kv.key, "base64").toString("utf8"),
    value: Buffer.from(kv.value, "base64"),
    revision: kv.mod_revision,
  };
}

function post(path: string, body: unknown, options: CallOptions): Promise<IncomingMessage> {
  const { address, quietMs, signal } = options;
  return new Promise((resolve, reject) => {
    const call = request(`http://${address}/v3/${path}`, {
      method: "POST",
      agent: false,
      signal,
      headers: { "content-type": "application/json" },
    });
    call.setTimeout(quietMs, () => call.destroy(new Error(`nothing came for ${quietMs} ms`)));
    call.on("error", reject);
    call.on("response", (response) => {
      if (response.statusCode === 200) {
        resolve(response);
        return;
      }
      response.resume();
      reject(new Error(`${path} was answered with status ${response.statusCode}`));
    });
    call.end(JSON.stringify(body));
  });
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      yield Buffer.concat(parts).toString("utf8");
      parts = [];
      length = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > maxLineBytes) throw new Error(`a line has more than ${maxLineBytes} bytes`);
  }
}
