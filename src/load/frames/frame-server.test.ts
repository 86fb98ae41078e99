import { connect, createServer, type Socket } from "node:net";
import { crc32 } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { encodeFrame, FrameDecoder, maxPayloadBytes } from "./frame-codec.ts";
import { type FrameServer, listenForFrames } from "./frame-server.ts";
import { parseFrame, type SecondFrame } from "./frames.ts";

const hello = { type: "hello", version: 2, pid: 1, generator: 0, groups: 4 };
const end = { type: "end", reason: "finished", frames: 2, totals: [], ledgerRecords: {} };
const second = {
  type: "second",
  second: 3,
  counts: [],
  open: [],
  histograms: [],
  lanes: {},
  generator: {
    cpuSeconds: 1,
    rssBytes: 1,
    queue: 0,
    resent: 0,
    reconnects: 0,
    players: 1,
  },
};

async function listening(
  onSecond: (frame: SecondFrame) => Promise<void> | void = () => {},
): Promise<{ server: FrameServer; client: Socket }> {
  const server = listenForFrames({
    directory: temporaryFolder(),
    fallbackAddress: "127.0.0.1:1",
    onSecond,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  await server.listening;
  const client = connect({ path: server.output.replace("hunt=unix:", "") });
  client.on("error", () => {});
  onTestFinished(() => void client.destroy());
  return { server, client };
}

function damaged(frame: Buffer): Buffer {
  const copy = Buffer.from(frame);
  copy.writeUInt8(copy.readUInt8(copy.length - 3) ^ 0x20, copy.length - 3);
  return copy;
}

test("frames are found again however the bytes are cut", () => {
  const messages = [hello, second, { text: "ö".repeat(70_000) }, end];
  const bytes = Buffer.concat(messages.map(encodeFrame));
  for (const size of [1, 7, 65_536, bytes.length]) {
    const decoder = new FrameDecoder();
    const found: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      const payloads = decoder.push(bytes.subarray(at, at + size));
      found.push(...payloads.map((payload) => JSON.parse(payload.toString()) as unknown));
    }
    expect(found).toEqual(messages);
    expect(decoder.pendingBytes).toBe(0);
  }
});

test("a frame that says it is too long is refused by its header alone", () => {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(maxPayloadBytes + 1, 0);
  expect(() => new FrameDecoder().push(header)).toThrow(
    "frame 1 says it has 16777217 bytes, at most 16777216 are allowed",
  );
});

test("one changed bit is noticed, and which frame it was", () => {
  const decoder = new FrameDecoder();
  expect(() =>
    decoder.push(Buffer.concat([encodeFrame(hello), damaged(encodeFrame(second))])),
  ).toThrow(/frame 2 .* checksum/);
});

test.each([
  ["not JSON", Buffer.from("{"), "is not JSON"],
  ["an unknown type", Buffer.from('{"type":"bye"}'), "type"],
  ["another version", Buffer.from(JSON.stringify({ ...hello, version: 1 })), "version"],
  ["a negative count", Buffer.from(JSON.stringify({ ...second, second: -1 })), "second"],
  [
    "a histogram that is no base64",
    Buffer.from(
      JSON.stringify({ ...second, histograms: [{ series: "a", second: 1, hdr: "%%%" }] }),
    ),
    "histograms.0.hdr",
  ],
])("a payload that is %s is refused by name", (_, payload, part) => {
  expect(() => parseFrame(payload)).toThrow(part);
});

test("a stream with its end frame is complete, whatever order its parts are waited for in", async () => {
  const { server, client } = await listening();
  client.end(Buffer.concat([hello, { type: "ready", connectMs: 5 }, second, end].map(encodeFrame)));
  expect(await server.ended).toEqual({ complete: true, end, frames: 4 });
  expect((await server.hello).groups).toBe(4);
  expect((await server.ready).connectMs).toBe(5);
});

test("a stream without an end frame is partial, and who still waits for a frame is told", async () => {
  const { server, client } = await listening();
  client.end(encodeFrame(hello));
  expect(await server.ended).toEqual({
    complete: false,
    reason: "the connection closed without an end frame after 1 frames",
    frames: 1,
  });
  await expect(server.ready).rejects.toThrow("without an end frame");
});

test("a stream cut inside a frame is partial by the bytes that came", async () => {
  const { server, client } = await listening();
  client.end(Buffer.concat([encodeFrame(hello), encodeFrame(second).subarray(0, 30)]));
  expect(await server.ended).toMatchObject({
    complete: false,
    reason: "it was cut inside a frame (30 bytes of it came) after 1 frames",
  });
});

test("a damaged frame ends the connection, and nothing after it is believed", async () => {
  const seen: SecondFrame[] = [];
  const { server, client } = await listening((frame) => void seen.push(frame));
  const closed = new Promise((resolve) => client.once("close", resolve));
  client.write(Buffer.concat([encodeFrame(hello), damaged(encodeFrame(second))]));
  client.write(Buffer.concat([encodeFrame(second), encodeFrame(end)]));
  expect((await server.ended).complete).toBe(false);
  await closed;
  expect(seen).toEqual([]);
});

test("frames are handled one at a time, and the sender waits while one takes long", async () => {
  let atOnce = 0;
  let most = 0;
  const release = Promise.withResolvers<void>();
  const { server, client } = await listening(async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await release.promise;
    atOnce -= 1;
  });
  const bulk = encodeFrame({
    ...second,
    histograms: [{ series: "a", second: 1, hdr: "A".repeat(1_000_000) }],
  });
  // Far more than sockets hold: the sender must see that it is not read.
  let taken = 0;
  for (let sent = 0; sent < 20; sent += 1) client.write(bulk, () => (taken += 1));
  client.end(encodeFrame(end));
  await expect.poll(() => atOnce).toBe(1);
  expect(taken).toBeLessThan(20);
  release.resolve();
  expect((await server.ended).frames).toBe(21);
  expect(most).toBe(1);
});

test("start and stop reach the generator as frames; a second connection is turned away", async () => {
  const { server, client } = await listening();
  const decoder = new FrameDecoder();
  const commands: unknown[] = [];
  client.on("data", (chunk: Buffer) => {
    commands.push(...decoder.push(chunk).map((payload) => JSON.parse(payload.toString())));
  });
  client.write(encodeFrame(hello));
  await server.hello;
  const other = connect({ path: server.output.replace("hunt=unix:", "") });
  await new Promise((resolve) => other.once("close", resolve));
  server.start({ unixMs: 1_700_000_000_000, monotonicMs: 86_400_000 });
  server.stop();
  await expect
    .poll(() => commands)
    .toEqual([
      { type: "start", atUnixUs: 1_700_000_000_000_000, atMonotonicUs: 86_400_000_000 },
      { type: "stop" },
    ]);
});

test("an address that is taken is reported", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void taken.close());
  const address = taken.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  const server = listenForFrames({
    directory: `/${"long/".repeat(30)}`,
    fallbackAddress: `127.0.0.1:${address.port}`,
    onSecond: () => {},
  });
  await expect(server.listening).rejects.toThrow("EADDRINUSE");
});

test("the checksum is the common CRC-32", () => {
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  expect(encodeFrame(1).readUInt32LE(4)).toBe(crc32(Buffer.from("1")));
});
