import { once } from "node:events";
import { createServer } from "node:http2";
import { afterEach, expect, test } from "vitest";
import { freePorts } from "../../../test/etcd/test-etcd.ts";
import { KV } from "./gen/etcdserverpb/rpc_pb.ts";
import { GrpcConnection } from "./grpc-connection.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A connection to a port where nobody listens, and what lets a server listen there. */
async function deadEndpoint() {
  const [port = 0] = await freePorts(1);
  const connection = new GrpcConnection(`127.0.0.1:${port}`);
  cleanups.push(() => connection.close());
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url);
    response.stream.respond({ ":status": 200, "grpc-status": "14" }, { endStream: true });
  });
  return {
    connection,
    requests,
    listen: async () => {
      await once(server.listen(port, "127.0.0.1"), "listening");
      cleanups.push(() => server.close());
    },
  };
}

/** Tries until the connection waits before it tries again. */
async function failOften(connection: GrpcConnection): Promise<void> {
  for (let i = 0; i < 5; i += 1) {
    await expect(connection.unary(KV.method.put, {}, { deadlineMs: 2000 })).rejects.toMatchObject({
      code: "not-sent",
    });
  }
}

test("a call that is aborted while it waits for its connection is never sent", async () => {
  const { connection, requests, listen } = await deadEndpoint();
  await failOften(connection);
  const aborted = new AbortController();
  const call = connection.unary(KV.method.put, {}, { deadlineMs: 5000, signal: aborted.signal });
  aborted.abort();
  await listen();
  await expect(call).rejects.toMatchObject({ code: "cancelled", applied: "no" });
  // The connection that it waited for is there by now.
  await expect
    .poll(() =>
      connection.unary(KV.method.range, {}, { deadlineMs: 5000 }).catch(({ code }) => code),
    )
    .toBe("unavailable");
  expect(requests).toEqual(["/etcdserverpb.KV/Range"]);
});

test("a call whose signal is aborted already is not sent over an open connection either", async () => {
  const { connection, requests, listen } = await deadEndpoint();
  await listen();
  const call = { deadlineMs: 5000 };
  await expect(connection.unary(KV.method.range, {}, call)).rejects.toMatchObject({
    code: "unavailable",
  });
  const signal = AbortSignal.abort();
  await expect(connection.unary(KV.method.put, {}, { ...call, signal })).rejects.toMatchObject({
    code: "cancelled",
    applied: "no",
  });
  expect(requests).toEqual(["/etcdserverpb.KV/Range"]);
});
