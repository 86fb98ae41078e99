/** For tests: the proxy's process, read as a client would. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FrameReader, frame } from "../../../src/reference-backend/etcd-client/grpc-frames.ts";
import {
  GetStateRequestSchema,
  SessionStateSchema,
} from "../../../src/reference-backend/sessions/gen/sessions_pb.ts";
import { freePorts, type TestEtcd } from "../../etcd/test-etcd.ts";

const main = fileURLToPath(
  new URL("../../../src/reference-backend/sessions/proxy/main.ts", import.meta.url),
);
const readyWithinMs = 10_000;
const readWithinMs = 10_000;

export interface ReadResult {
  readonly status: number;
  readonly revision: number;
  /** The state, or why it was refused. */
  readonly text: string;
}

export interface GrpcResult {
  /** gRPC's. */
  readonly status: number;
  readonly revision: number;
  readonly text: string;
}

export class TestProxy {
  readonly child: ChildProcess;
  readonly base: string;
  readonly grpcAddress: string;
  #printed = "";

  private constructor(endpoints: readonly string[], ports: readonly number[], flags: string[]) {
    const [http, grpc] = ports.map((port) => `127.0.0.1:${port}`);
    this.base = `http://${http}`;
    this.grpcAddress = `http://${grpc}`;
    const own = ["--name", "proxy/1", "--listen", `${http}`, "--grpc", `${grpc}`];
    const args = [main, ...own, "--etcd", endpoints.join(","), ...flags];
    this.child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.child.stdout?.on("data", (chunk: Buffer) => {
      this.#printed += chunk.toString();
    });
  }

  /** Resolves once it is ready. Whoever starts it must `kill` or `stop` it. */
  static async start(
    etcd: TestEtcd,
    design: "naive" | "delta" | "log" = "log",
    flags: string[] = [],
  ): Promise<TestProxy> {
    const all = ["--design", design, ...flags];
    const proxy = new TestProxy(etcd.endpoints, await freePorts(2), all);
    await proxy.untilReady();
    return proxy;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  /** Its exit code. */
  async stop(): Promise<number | null> {
    const exited = once(this.child, "exit");
    this.child.kill("SIGTERM");
    const [code] = (await exited) as [number | null];
    return code;
  }

  /** What it printed so far. */
  log(): string {
    return this.#printed;
  }

  async readOnce(session: string, minRevision = 0): Promise<ReadResult> {
    const url = `${this.base}/v1/sessions/${session}/state?minRevision=${minRevision}`;
    const response = await fetch(url);
    const text = await response.text();
    const revision = Number(response.headers.get("session-revision"));
    return { status: response.status, revision, text };
  }

  /** As a client would: a store that stalls is 503 "stale", and the read is sent again. */
  async read(session: string, minRevision = 0): Promise<ReadResult> {
    const deadlineMs = performance.now() + readWithinMs;
    for (;;) {
      const result = await this.readOnce(session, minRevision);
      if (result.status !== 503 || performance.now() > deadlineMs) return result;
    }
  }

  async readGrpc(session: string, minRevision = 0): Promise<GrpcResult> {
    const connection = connect(this.grpcAddress);
    try {
      const stream = connection.request({
        ":method": "POST",
        ":path": "/hunt.sessions.v1.SessionReads/GetState",
        "content-type": "application/grpc",
        te: "trailers",
      });
      let result = { status: -1, revision: 0, text: "" };
      const readStatus = (headers: Record<string, unknown>): void => {
        if (headers["grpc-status"] === undefined) return;
        result = { ...result, status: Number(headers["grpc-status"]) };
        if (result.status !== 0) result.text = decodeURIComponent(String(headers["grpc-message"]));
      };
      stream.on("response", readStatus);
      stream.on("trailers", readStatus);
      const frames = new FrameReader((message) => {
        const { revision, json } = fromBinary(SessionStateSchema, message);
        result = { ...result, revision: Number(revision), text: Buffer.from(json).toString() };
      });
      stream.on("data", (chunk: Buffer) => frames.push(chunk));
      const request = create(GetStateRequestSchema, {
        session,
        minRevision: BigInt(minRevision),
      });
      stream.end(frame(toBinary(GetStateRequestSchema, request)));
      await once(stream, "close");
      return result;
    } finally {
      connection.destroy();
    }
  }

  async health(): Promise<{ ready: boolean; member?: string; waitingFor?: string }> {
    const response = await fetch(`${this.base}/healthz`).catch(() => undefined);
    return ((await response?.json()) ?? { ready: false }) as { ready: boolean };
  }

  /** Returns the member followed, another one than `but`. */
  async untilReady(but?: string): Promise<string> {
    const deadlineMs = performance.now() + readyWithinMs;
    while (performance.now() < deadlineMs) {
      const { ready, member } = await this.health();
      if (ready && member !== undefined && member !== but) return member;
      await sleep(20);
    }
    throw new Error(`not ready after 10 s: ${JSON.stringify(await this.health())}`);
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.base}/metrics`)).text();
    const line = text.split("\n").find((one) => one.startsWith(`${name} `));
    return Number(line?.split(" ")[1] ?? Number.NaN);
  }

  async untilMetric(name: string, value: number): Promise<void> {
    const deadlineMs = performance.now() + readyWithinMs;
    while ((await this.metric(name)) !== value) {
      if (performance.now() > deadlineMs) throw new Error(`${name} is not ${value} after 10 s`);
      await sleep(20);
    }
  }
}
