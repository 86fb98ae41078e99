/** The gateway as a process: flags, a paused owner, and clients that break the bounds. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { freePorts, TestEtcd } from "../../../../test/etcd/test-etcd.ts";
import { PlayClient } from "../../../../test/sessions/gateway/play-client.ts";
import { Observer, until } from "../../../../test/sessions/log/test-gateways.ts";
import { type Answer, Outcome } from "../gen/sessions_pb.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const testMs = 40_000;

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 20_000);

interface GatewayProcess {
  readonly child: ChildProcess;
  readonly address: string;
  readonly admin: string;
}

async function startGateway(
  etcd: TestEtcd,
  number: number,
  more: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> {
  const [listen, adminPort] = await freePorts(2);
  const address = `127.0.0.1:${listen}`;
  const admin = `http://127.0.0.1:${adminPort}`;
  const flags = {
    name: `gateway/${number}`,
    listen: address,
    admin: `127.0.0.1:${adminPort}`,
    etcd: etcd.endpoints.join(","),
    design: "log",
    gateways: "2",
    partitions: "1",
    ...more,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  cleanups.push(() => child.kill("SIGKILL"));
  await until(
    async () => (await fetch(`${admin}/healthz`).catch(() => undefined))?.ok === true,
    `${flags.name} is ready`,
  );
  return { child, address, admin };
}

async function metric(gateway: GatewayProcess, name: string): Promise<number> {
  const text = await (await fetch(`${gateway.admin}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

function client(gateway: GatewayProcess): { play: PlayClient; answers: Map<bigint, Answer> } {
  const answers = new Map<bigint, Answer>();
  const play = new PlayClient(gateway.address, (heard) => {
    for (const answer of heard) answers.set(answer.ref, answer);
  });
  cleanups.push(() => play.close());
  return { play, answers };
}

const opened = (ref: bigint) => ({
  ref,
  session: "a",
  device: 1,
  sequence: 1,
  payload: { case: "sessionOpened" as const, value: { seed: 1 } },
});

const dig = (ref: bigint, sequence: number) => ({
  ref,
  session: "a",
  device: 1,
  sequence,
  payload: { case: "digStarted" as const, value: { tile: sequence, tool: 1 } },
});

describe("gateway process", () => {
  test(
    "an owner that was paused during a takeover acknowledges nothing more when it wakes",
    async () => {
      const etcd = await TestEtcd.start(1);
      cleanups.push(() => etcd[Symbol.asyncDispose]());
      const observer = new Observer(etcd);
      cleanups.push(() => observer.stop());
      const first = await startGateway(etcd, 1);
      const second = await startGateway(etcd, 2);
      const one = client(first);
      const two = client(second);
      one.play.send([opened(1n)]);
      await until(() => one.answers.has(1n), "the session is open");

      first.child.kill("SIGSTOP");
      // These reach the paused process; it reads them when it wakes.
      one.play.send([dig(2n, 2), dig(3n, 3)]);
      await until(
        async () => (await observer.owner())?.name === "gateway/2",
        "gateway/2 took over",
      );
      two.play.send([dig(4n, 3)]);
      await until(() => two.answers.has(4n), "gateway/2 answers");
      expect(two.answers.get(4n)?.outcome).toBe(Outcome.OK);
      first.child.kill("SIGCONT");
      await until(() => one.answers.has(2n) && one.answers.has(3n), "gateway/1 answers");
      for (const ref of [2n, 3n]) {
        expect([Outcome.MOVED, Outcome.UNKNOWN]).toContain(one.answers.get(ref)?.outcome);
      }

      two.play.send([dig(5n, 2)]);
      await until(() => two.answers.has(5n), "gateway/2 answers the same operation");
      expect(two.answers.get(5n)?.outcome).toBe(Outcome.OK);
      one.play.send([dig(6n, 4)]);
      await until(() => one.answers.has(6n), "gateway/1 answers");
      expect(one.answers.get(6n)).toMatchObject({ outcome: Outcome.MOVED, owner: "gateway/2" });
      const counts = await observer.logged();
      expect([1, 2, 3, 4].map((n) => counts.get(`a/1/${n}`))).toEqual([1, 1, 1, undefined]);
      expect(first.child.exitCode).toBeNull();
    },
    testMs,
  );

  test(
    "an owner that was paused while it folded undoes nothing of its successor's folds when it wakes",
    async () => {
      const etcd = await TestEtcd.start(1);
      cleanups.push(() => etcd[Symbol.asyncDispose]());
      const observer = new Observer(etcd);
      cleanups.push(() => observer.stop());
      const flags = { "fold-tail-kb": "1", "compact-behind-s": "1" };
      const first = await startGateway(etcd, 1, flags);
      const second = await startGateway(etcd, 2, flags);
      const one = client(first);
      const two = client(second);
      let ref = 0n;
      const play = async (by: typeof one, from: number, to: number) => {
        for (let sequence = from; sequence <= to; sequence += 1) {
          ref += 1n;
          by.play.send([sequence === 1 ? opened(ref) : dig(ref, sequence)]);
          await until(() => by.answers.has(ref), "it is answered");
          expect(by.answers.get(ref)?.outcome).toBe(Outcome.OK);
        }
      };
      await play(one, 1, 150);
      expect(await metric(first, "sessions_folds_total")).toBeGreaterThan(0);
      expect(await metric(first, "sessions_trimmed_records_total")).toBeGreaterThan(0);
      first.child.kill("SIGSTOP");
      await until(
        async () => (await observer.owner())?.name === "gateway/2",
        "gateway/2 took over",
      );
      await play(two, 151, 300);
      expect(await metric(second, "sessions_trimmed_records_total")).toBeGreaterThan(0);
      first.child.kill("SIGCONT");
      await until(
        async () => (await metric(first, "sessions_fenced_total")) === 1,
        "gateway/1 knows that it lost the partition",
      );
      // It comes back by a hand-over, since it prefers the partition, and knows what was done since.
      await until(async () => {
        ref += 1n;
        one.play.send([dig(ref, 300)]);
        await until(() => one.answers.has(ref), "it is answered");
        return one.answers.get(ref)?.outcome === Outcome.OK;
      }, "gateway/1 serves again");
      await play(one, 301, 301);
      expect(one.answers.get(ref)?.revision).toBe(301n);
    },
    testMs,
  );

  test(
    "a session without a sign of life is closed in the log, one that is kept alive is not",
    async () => {
      const etcd = await TestEtcd.start(1);
      cleanups.push(() => etcd[Symbol.asyncDispose]());
      const observer = new Observer(etcd);
      cleanups.push(() => observer.stop());
      const gateway = await startGateway(etcd, 1, { "session-ttl-s": "2", "tombstone-s": "2" });
      const { play, answers } = client(gateway);
      play.send([opened(1n), { ...opened(2n), session: "b" }]);
      await until(() => answers.has(1n) && answers.has(2n), "the sessions are open");
      const keeping = setInterval(() => play.keepAlive(["b", "nobody"]), 100);
      cleanups.push(() => clearInterval(keeping));
      await until(async () => (await observer.logged()).get("a/0/1") === 1, "a is closed");
      play.send([dig(3n, 2)]);
      await until(() => answers.has(3n), "a's operation is answered");
      expect(answers.get(3n)).toMatchObject({
        outcome: Outcome.FAIL,
        reason: "the session is closed",
      });
      play.send([opened(4n)]);
      await until(() => answers.has(4n), "a's opening is answered again");
      expect(answers.get(4n)?.outcome).toBe(Outcome.OK);
      let ref = 4n;
      await until(async () => {
        ref += 1n;
        play.send([opened(ref)]);
        await until(() => answers.has(ref), "a's opening is answered again");
        return answers.get(ref)?.outcome === Outcome.UNKNOWN;
      }, "a is forgotten");
      play.send([{ ...dig(1000n, 2), session: "b" }]);
      await until(() => answers.has(1000n), "b's operation is answered");
      expect(answers.get(1000n)?.outcome).toBe(Outcome.OK);
      const counts = await observer.logged();
      expect(["a/0/1", "b/0/1", "a/1/1"].map((name) => counts.get(name))).toEqual([
        1,
        undefined,
        1,
      ]);
      expect(await metric(gateway, "sessions_closed_total")).toBe(1);
      expect(await metric(gateway, "sessions_operations_applied_total")).toBe(3);
    },
    testMs,
  );

  test(
    "a client that breaks a bound is disconnected with a reason, others are served on",
    async () => {
      const etcd = await TestEtcd.start(1);
      cleanups.push(() => etcd[Symbol.asyncDispose]());
      const gateway = await startGateway(etcd, 1);
      const good = client(gateway);
      good.play.send([opened(1n)]);

      const flood = client(gateway);
      flood.play.send(Array.from({ length: 8193 }, (_, i) => dig(BigInt(i + 1), i + 2)));
      expect(await flood.play.ended).toMatch(/^8 more than 8192 operations/);
      const garbage = client(gateway);
      garbage.play.stream.write(Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]));
      expect(await garbage.play.ended).toMatch(/^3 /);

      // It sends without end and never reads: its answers fill the windows, then the bound.
      const deaf = client(gateway);
      deaf.play.stream.pause();
      let ended = false;
      void deaf.play.ended.then(() => {
        ended = true;
      });
      const long = "x".repeat(129);
      const refused = Array.from({ length: 4000 }, (_, i) => ({
        ...dig(BigInt(i), 2),
        session: long,
      }));
      while (!ended) {
        deaf.play.send(refused);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(await deaf.play.ended).toMatch(/^reset/);

      good.play.send([dig(2n, 2), { ...dig(3n, 0) }]);
      await until(() => good.answers.has(2n) && good.answers.has(3n), "the good client is served");
      expect(good.answers.get(2n)?.outcome).toBe(Outcome.OK);
      expect(good.answers.get(3n)).toMatchObject({
        outcome: Outcome.FAIL,
        reason: "device and sequence count from 1",
      });
      await until(
        async () => (await metric(gateway, "sessions_streams")) === 1,
        "one stream is left",
      );
      expect(await metric(gateway, "sessions_operations_applied_total")).toBe(2);

      gateway.child.kill("SIGTERM");
      const [code] = await once(gateway.child, "exit");
      expect(code).toBe(0);
      expect(await good.play.ended).toBe("14 the gateway is stopping");
    },
    testMs,
  );

  test("a wrong flag ends it with 2 and one line that names the flag", async () => {
    const child = spawn(process.execPath, [main, "--name", "gateway"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += chunk;
    });
    const [code] = await once(child, "close");
    expect(code).toBe(2);
    expect(text).toBe('--name takes gateway/NUMBER, not "gateway"\n');
  });
});
