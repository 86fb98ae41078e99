/** Play streams over a writer that answers when the test says so. */
import { afterEach, expect, test } from "vitest";
import { PlayClient } from "../../../../test/sessions/gateway/play-client.ts";
import { until } from "../../../../test/sessions/log/test-gateways.ts";
import { PlayServer } from "./play-server.ts";
import type { Answer, AnswerSink, SessionWriter, SubmittedOperation } from "./session-writer.ts";
import { streamLimits } from "./stream-bounds.ts";

const unansweredMax = streamLimits.unansweredMax;

class HoldingWriter implements SessionWriter {
  submitted = 0;
  #held: { ref: bigint; sink: AnswerSink }[] = [];

  submit({ ref }: SubmittedOperation, sink: AnswerSink): void {
    this.submitted += 1;
    this.#held.push({ ref, sink });
  }

  /** Answers what it holds. */
  release(answer: Omit<Answer, "ref">): void {
    const released = this.#held;
    this.#held = [];
    for (const { ref, sink } of released) sink({ ref, ...answer });
  }

  keepAlive(): void {}
  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  health() {
    return { ready: true };
  }
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function served() {
  const writer = new HoldingWriter();
  const server = new PlayServer({
    host: "127.0.0.1",
    port: 0,
    writer,
    onDelivered: () => undefined,
    onDropped: () => undefined,
  });
  const port = await server.listen();
  cleanups.push(() => server.close(100));
  const messages: (readonly { ref: bigint; revision: bigint }[])[] = [];
  const client = new PlayClient(`127.0.0.1:${port}`, (answers) => messages.push(answers));
  cleanups.push(() => client.close());
  return { writer, server, client, messages };
}

const dig = (ref: number) => ({
  ref: BigInt(ref),
  session: "a",
  device: 1,
  sequence: ref,
  payload: { case: "digStarted" as const, value: { tile: ref, tool: 1 } },
});

test("answers of one commit leave in one message", async () => {
  const { writer, client, messages } = await served();
  client.send(Array.from({ length: 100 }, (_, i) => dig(i + 1)));
  await until(() => writer.submitted === 100, "the writer has them");
  writer.release({ outcome: "ok", revision: 7 });
  await until(() => messages.length > 0, "an answer");
  expect(messages.map((answers) => answers.length)).toEqual([100]);
  expect(messages[0]?.[99]).toMatchObject({ ref: 100n, revision: 7n });
});

test("a stream with too much unanswered is not read on until half of it is answered", async () => {
  const { writer, client, messages } = await served();
  const total = unansweredMax * 4;
  for (let first = 0; first < total; first += 512) {
    client.send(Array.from({ length: 512 }, (_, i) => dig(first + i + 1)));
  }
  let answered = 0;
  while (answered < total) {
    await until(
      () => writer.submitted >= Math.min(total, answered + unansweredMax),
      "more is read",
    );
    // What was read already from the socket may still come, a few messages of 512.
    expect(writer.submitted - answered).toBeLessThan(unansweredMax * 2);
    answered = writer.submitted;
    writer.release({ outcome: "ok", revision: 1 });
  }
  await until(() => messages.flat().length === total, "all are answered");
  expect(new Set(messages.flat().map(({ ref }) => ref)).size).toBe(total);
});

test("a client that ends its side gets its last answers, then status 0", async () => {
  const { writer, client, messages } = await served();
  client.send([dig(1)]);
  client.stream.end();
  await until(() => writer.submitted === 1, "the writer has it");
  writer.release({ outcome: "moved", owner: "gateway/2" });
  expect(await client.ended).toBe("0");
  expect(messages.flat()).toMatchObject([{ ref: 1n, owner: "gateway/2" }]);
});
