import { afterAll, beforeAll, expect, test } from "vitest";
import { TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import { operationKinds } from "../../../reference-backend/sessions/gateway/session-writer.ts";
import { encodeRecord } from "../../../reference-backend/sessions/log/format/record.ts";
import { type AuditedRecord, AuditWriter } from "../files/audit-file.ts";
import { LogFollower } from "./log-follower.ts";

let etcd: TestEtcd;

beforeAll(async () => {
  etcd = await TestEtcd.start(3);
});

afterAll(async () => {
  await etcd[Symbol.asyncDispose]();
});

async function call(path: string, body: unknown): Promise<{ header: { revision: string } }> {
  for (const endpoint of etcd.endpoints) {
    const response = await fetch(`http://${endpoint}/v3/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    }).catch(() => undefined);
    if (response?.ok === true) return (await response.json()) as { header: { revision: string } };
  }
  throw new Error(`no member answers ${path}`);
}

function put(key: string, value: Uint8Array) {
  const [keyText, valueText] = [Buffer.from(key), value].map((each) =>
    Buffer.from(each).toString("base64"),
  );
  return call("kv/put", { key: keyText, value: valueText });
}

function writeRecord(partition: number, index: number, players: readonly number[] = []) {
  const operations = players.map((player) => ({
    session: `s-${String(player).padStart(9, "0")}`,
    ...{ device: 1, sequence: index, kind: operationKinds.sessionClosed },
    ...{ field1: 0, field2: 0, field3: 0 },
  }));
  const record = { epoch: 4, batchId: "0011223344556677", operations };
  return put(`/hunt/log/${partition}/${String(index).padStart(12, "0")}`, encodeRecord(record));
}

/** An audit writer that keeps what it is given, as words. */
class Kept extends AuditWriter {
  readonly entries: string[] = [];

  constructor() {
    super(() => {});
  }

  override record(
    { partition, index }: Omit<AuditedRecord, "operations">,
    operations: readonly { readonly player: number }[],
  ): void {
    this.entries.push(`${partition}/${index}: ${operations.map(({ player }) => player).join()}`);
  }

  override hole(): void {
    this.entries.push("hole");
  }

  override unreadable(partition: number, index: number): void {
    this.entries.push(`${partition}/${index}: unreadable`);
  }
}

test("the log is followed from its beginning, over a member's death and a compaction, without a record missing", async () => {
  const audit = new Kept();
  const stop = new AbortController();
  const said: string[] = [];
  const follower = new LogFollower({
    members: etcd.endpoints,
    audit,
    nowMs: () => performance.now(),
    say: (line) => said.push(line),
    signal: stop.signal,
  });
  await writeRecord(0, 0);
  await writeRecord(0, 1, [7, 8]);
  const following = follower.follow();
  expect(await follower.drain(5_000)).toBe(true);
  expect(audit.entries).toEqual(["0/0: ", "0/1: 7,8"]);

  await writeRecord(1, 0);
  await put("/hunt/base/0/s-000000007", Buffer.from("no record"));
  expect(await follower.drain(5_000)).toBe(true);
  // It follows the first member. While that is away the history goes too.
  await etcd.kill(0);
  await writeRecord(0, 2, [9]);
  await put("/hunt/log/0/000000000003", Buffer.from([77]));
  const { header } = await writeRecord(1, 1, [10]);
  await call("kv/compaction", { revision: header.revision, physical: true });
  expect(await follower.drain(10_000), said.join("\n")).toBe(true);
  const kept = audit.entries.filter((entry) => entry !== "hole");
  expect(kept.slice(2)).toEqual(["1/0: ", "0/2: 9", "0/3: unreadable", "1/1: 10"]);
  stop.abort();
  await following;
}, 30_000);

test("a store that does not answer is not drained, within the bound", async () => {
  const stop = new AbortController();
  const follower = new LogFollower({
    members: ["127.0.0.1:1"],
    audit: new Kept(),
    nowMs: () => performance.now(),
    say: () => {},
    signal: stop.signal,
  });
  const following = follower.follow();
  expect(await follower.drain(300)).toBe(false);
  stop.abort();
  await following;
});
