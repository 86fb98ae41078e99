/**
 * A real etcd cluster for tests: processes on free ports, a temporary data folder, election after
 * 250 ms as in the tool's own topology. Data is not fsynced: tests kill processes, not the machine.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { pauseProcess } from "./pause-process.ts";

const binary = fileURLToPath(new URL("../../.cache/bin/etcd", import.meta.url));
const readyWithinMs = 15_000;
const exitWithinMs = 5000;

interface TestMember {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  process: ChildProcess | undefined;
}

export class TestEtcd implements AsyncDisposable {
  readonly #folder: string;
  readonly #members: readonly TestMember[];
  readonly #flags: readonly string[];

  private constructor(folder: string, members: readonly TestMember[], flags: readonly string[]) {
    this.#folder = folder;
    this.#members = members;
    this.#flags = flags;
  }

  /** Resolves once every member serves. */
  static async start(size: 1 | 3, flags: readonly string[] = []): Promise<TestEtcd> {
    if (!existsSync(binary)) throw new Error(`no etcd at ${binary}: build the engines first`);
    const ports = await freePorts(size * 2);
    const members = Array.from({ length: size }, (_, i) => ({
      name: `m${i}`,
      clientPort: ports[i * 2] ?? 0,
      peerPort: ports[i * 2 + 1] ?? 0,
      process: undefined,
    }));
    const folder = await mkdtemp(path.join(tmpdir(), "hunt-test-etcd-"));
    const cluster = new TestEtcd(folder, members, flags);
    for (let i = 0; i < size; i += 1) cluster.#spawn(i, "new");
    await Promise.all(members.map((_, i) => cluster.#untilHealthy(i)));
    return cluster;
  }

  /** host:port of each member. */
  get endpoints(): string[] {
    return this.#members.map((member) => `127.0.0.1:${member.clientPort}`);
  }

  indexOf(endpoint: string): number {
    return this.endpoints.indexOf(endpoint);
  }

  async kill(index: number): Promise<void> {
    const child = this.#member(index).process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit", { signal: AbortSignal.timeout(exitWithinMs) });
    child.kill("SIGKILL");
    await exited;
  }

  /** Returns once it stands: nothing that is sent from now on is answered before `resume`. */
  pause(index: number): void {
    const pid = this.#member(index).process?.pid;
    if (pid !== undefined) pauseProcess(pid);
  }

  resume(index: number): void {
    this.#member(index).process?.kill("SIGCONT");
  }

  async restart(index: number): Promise<void> {
    await this.kill(index);
    this.#spawn(index, "existing");
    await this.#untilHealthy(index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map((_, i) => this.kill(i)));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #spawn(index: number, state: "new" | "existing"): void {
    const member = this.#member(index);
    const client = `http://127.0.0.1:${member.clientPort}`;
    const peer = `http://127.0.0.1:${member.peerPort}`;
    const cluster = this.#members.map((m) => `${m.name}=http://127.0.0.1:${m.peerPort}`).join(",");
    const flags = [
      ["--name", member.name],
      ["--data-dir", path.join(this.#folder, member.name)],
      ["--listen-client-urls", client],
      ["--advertise-client-urls", client],
      ["--listen-peer-urls", peer],
      ["--initial-advertise-peer-urls", peer],
      ["--initial-cluster", cluster],
      ["--initial-cluster-state", state],
      ["--heartbeat-interval", "50"],
      ["--election-timeout", "250"],
      ["--log-level", "error"],
    ].flat();
    member.process = spawn(binary, [...flags, "--unsafe-no-fsync", ...this.#flags], {
      stdio: "ignore",
    });
  }

  async #untilHealthy(index: number): Promise<void> {
    const member = this.#member(index);
    const deadlineMs = performance.now() + readyWithinMs;
    while (performance.now() < deadlineMs) {
      const response = await fetch(`http://127.0.0.1:${member.clientPort}/health`).catch(
        () => undefined,
      );
      if (response?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`etcd ${member.name} did not serve within ${readyWithinMs} ms`);
  }

  #member(index: number): TestMember {
    const member = this.#members[index];
    if (member === undefined) throw new RangeError(`no etcd member ${index}`);
    return member;
  }
}

/** Ports that were free a moment ago; all are held at once, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
