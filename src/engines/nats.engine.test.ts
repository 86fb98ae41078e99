import { expect, test } from "vitest";
import { startAlone } from "../../test/fixtures/runtime/engine-alone.ts";
import { exchange } from "../../test/fixtures/runtime/exchange.ts";

test("a NATS server serves, keeps a stream through a kill, and leaves nothing", async () => {
  const nats = await startAlone({ kind: "nats", ports: ["client", "monitor"] });
  /** A request, and the answer to it. */
  const request = async (subject: string, body: object) => {
    const text = JSON.stringify(body);
    const sent = `CONNECT {"verbose":false}\r\nSUB answers 1\r\nPUB ${subject} answers ${text.length}\r\n${text}\r\n`;
    const answer = await exchange(nats.address("client"), sent, /MSG answers 1 \d+\r\n(.*)\r\n$/);
    return JSON.parse(/MSG answers 1 \d+\r\n(.*)\r\n$/.exec(answer)?.[1] ?? "");
  };
  const stream = { name: "HUNT", subjects: ["hunt.*"] };
  await request("$JS.API.STREAM.CREATE.HUNT", stream);
  expect(await request("hunt.first", { n: 1 })).toEqual({ stream: "HUNT", seq: 1 });
  await nats.kill();
  await expect(request("hunt.first", {})).rejects.toThrow("ECONNREFUSED");
  await nats.restart();
  const kept = await request("$JS.API.STREAM.MSG.GET.HUNT", { seq: 1 });
  expect(Buffer.from(kept.message.data, "base64").toString()).toBe('{"n":1}');
  expect(await nats.stop()).toMatchObject({ signal: undefined, expected: true });
  await expect(request("hunt.first", {})).rejects.toThrow("ECONNREFUSED");
  expect(await nats.leftovers()).toEqual([]);
});
