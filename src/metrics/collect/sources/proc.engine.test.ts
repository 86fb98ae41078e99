import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { parseMachine, parseProcess, sampleMachine, sampleProcess } from "./proc.ts";

const stat =
  "42 (odd) name) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 1000 2000000 300 18446744073709551615";
const status = "Name:\todd\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t9\n";

test("a process's figures are read from behind its name, whatever that holds", () => {
  expect(
    parseProcess(stat, status, "rchar: 9\nwrite_bytes: 4096\ncancelled_write_bytes: 0\n"),
  ).toEqual({
    cpuSeconds: 2,
    rssBytes: 1024 * 1024,
    rssMaxBytes: 2048 * 1024,
    bytesWritten: 4096,
    threads: 9,
  });
});

test("bytes written are undefined, not 0, where they may not be read", () => {
  expect(parseProcess(stat, status, "")?.bytesWritten).toBeUndefined();
});

test("a zombie is gone", () => {
  expect(parseProcess(stat.replace(") S", ") Z"), "Name:\todd\n", "")).toBeUndefined();
});

test("steal is kept apart from busy and idle", () => {
  const machine = parseMachine(
    "cpu  100 200 300 4000 500 60 40 700 80 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n",
  );
  expect(machine).toEqual({
    busySeconds: 7,
    idleSeconds: 40,
    ioWaitSeconds: 5,
    stealSeconds: 7,
  });
});

test("a live process shows the work that it does, and nothing once it has ended", async () => {
  const script = `
    const started = process.cpuUsage();
    do {} while (process.cpuUsage(started).user < 200_000);
    console.log("done"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const pid = child.pid ?? 0;
  const sample = await sampleProcess(pid);
  expect(sample?.cpuSeconds).toBeGreaterThan(0.15);
  expect(sample?.cpuSeconds).toBeLessThan(5);
  expect(sample?.rssBytes).toBeGreaterThan(10e6);
  expect(sample?.rssMaxBytes).toBeGreaterThanOrEqual(sample?.rssBytes ?? Infinity);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await sampleProcess(pid)).toBeUndefined();
});

test("the machine's counters never go back", async () => {
  const first = await sampleMachine();
  const second = await sampleMachine();
  expect(first?.idleSeconds).toBeGreaterThan(0);
  expect(second?.busySeconds).toBeGreaterThanOrEqual(first?.busySeconds ?? Infinity);
});
