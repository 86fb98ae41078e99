import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { HuntProcess, untilGone } from "./hunt-process.ts";

const bench = ["bench", "--scenario", "smoke", "--duration", "30s"];
const phases: readonly [string, RegExp][] = [
  ["while etcd starts", /starting etcd/],
  ["while the gateways start", /starting gateway/],
  ["under load", /t=5s/],
];
/** The keeper's own bound for ending everything. */
const goneBoundMs = 12_000;
const builtPrograms = fileURLToPath(new URL("../../.cache/bin", import.meta.url));

function junitOf(hunt: HuntProcess): string {
  return readFileSync(join(hunt.runFolder(), "junit.xml"), "utf8");
}

test.each(phases)("Ctrl-C %s ends with 130 and leaves nothing", async (_, printed) => {
  const hunt = new HuntProcess(bench);
  await hunt.untilPrinted(printed);
  const processes = hunt.descendants();
  hunt.kill("SIGINT");
  expect((await hunt.exited).code, hunt.err).toBe(130);
  await untilGone(processes, 1_000);
  expect(hunt.runDocument().state).toMatchObject({ kind: "partial", reason: "interrupted" });
  expect(junitOf(hunt)).toMatch(/<error message="hunt was stopped by SIGINT" type="interrupted">/);
});

test("SIGTERM under load ends with 143", async () => {
  const hunt = new HuntProcess(bench);
  await hunt.untilPrinted(/t=5s/);
  hunt.kill("SIGTERM");
  expect((await hunt.exited).code, hunt.err).toBe(143);
});

test.each(phases)(
  "a second Ctrl-C %s ends hunt at once, and the keeper ends the rest",
  async (_, printed) => {
    const hunt = new HuntProcess(bench);
    await hunt.untilPrinted(printed);
    const processes = hunt.descendants();
    hunt.kill("SIGINT");
    await hunt.untilPrinted(/once more to stop at once/);
    hunt.kill("SIGINT");
    expect((await hunt.exited).code).toBe(130);
    await untilGone(processes, goneBoundMs);
  },
);

test("a Ctrl-C in hunt's last moment does not take its exit code away", async () => {
  const hunt = new HuntProcess(bench);
  await hunt.untilPrinted(/starting etcd/);
  hunt.kill("SIGINT");
  await vi.waitUntil(() => hunt.err.includes("recording: "), { timeout: 15_000, interval: 1 });
  const ended = hunt.exited;
  const pressing = setInterval(() => hunt.kill("SIGINT"), 1);
  expect((await ended).code).toBe(130);
  clearInterval(pressing);
});

test("kill -9 of hunt leaves no process, and the recording says that it was cut off", async () => {
  const hunt = new HuntProcess(bench);
  await hunt.untilPrinted(/t=5s/);
  const processes = hunt.descendants();
  hunt.kill("SIGKILL");
  await hunt.exited;
  await untilGone(processes, goneBoundMs);
  // For some seconds after its last word a recording may be one that is still being written.
  const report = async () => {
    const asked = new HuntProcess(["report", hunt.runFolder(), "--json"]);
    expect((await asked.exited).code, asked.err).toBe(0);
    return JSON.parse(asked.out);
  };
  await vi.waitUntil(async () => (await report()).partial.reason === "cut-off", 15_000);
  expect((await report()).verdict.outcome).toBe("inconclusive");
  expect(junitOf(hunt)).toMatch(/errors="1"[\s\S]*hunt has written no verdict/);
});

test("kill -9 of the keeper takes its nodes with it and makes the run inconclusive", async () => {
  const hunt = new HuntProcess(bench);
  await hunt.untilPrinted(/t=5s/);
  const processes = hunt.descendants();
  const [keeper] = hunt.nodes(/keeper/);
  process.kill(keeper?.pid ?? 0, "SIGKILL");
  expect((await hunt.exited).code, hunt.err).toBe(4);
  await untilGone(processes, 1_000);
});

test("an engine that dies in mid-run is node-lost, with its last lines", async () => {
  const hunt = new HuntProcess([...bench, "--json"]);
  await hunt.untilPrinted(/t=5s/);
  const [member] = hunt.nodes(/etcd --name/);
  process.kill(member?.pid ?? 0, "SIGKILL");
  expect((await hunt.exited).code, hunt.err).toBe(4);
  expect(hunt.runDocument().state).toMatchObject({ kind: "partial", reason: "node-lost" });
  expect(JSON.parse(hunt.out).verdict.reasons.join(" ")).toMatch(/etcd\/\d .*SIGKILL/);
});

test("a reader of stdout and stderr that goes away ends the run in order", async () => {
  const hunt = new HuntProcess(bench);
  await hunt.untilPrinted(/t=5s/);
  const processes = hunt.descendants();
  hunt.closeOutput();
  await hunt.exited;
  await untilGone(processes, 1_000);
  expect(hunt.runDocument().state).toMatchObject({ kind: "partial", reason: "interrupted" });
});

test("a port that is taken is named, with exit code 3", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const hunt = new HuntProcess([...bench, "--port-base", String(port)]);
    expect((await hunt.exited).code).toBe(3);
    expect(hunt.err).toContain(String(port));
    expect(junitOf(hunt)).toMatch(/errors="1"[\s\S]*type="runtime\.port-taken"/);
    expect(hunt.err).toContain(`recording: ${hunt.runFolder()}`);
  } finally {
    server.close();
  }
});

test("a reports folder that can't be made is exit code 3, and nothing was started", async () => {
  // Root may write anywhere, so the folder's place is taken by something that is no folder.
  const hunt = new HuntProcess(bench, join("/proc", "version", "reports"));
  expect((await hunt.exited).code).toBe(3);
  expect(hunt.err).toContain("--reports");
  expect(hunt.err).not.toContain("starting etcd");
});

test("an engine that dies at start shows its own last words, with exit code 3", async () => {
  const programs = temporaryFolder();
  for (const name of readdirSync(builtPrograms).filter((each) => each !== "etcd")) {
    symlinkSync(join(builtPrograms, name), join(programs, name));
  }
  const engine = join(programs, "etcd");
  writeFileSync(engine, "#!/bin/sh\necho 'the moon is in the wrong phase' >&2\nexit 7\n");
  chmodSync(engine, 0o755);
  const hunt = new HuntProcess(bench, temporaryFolder(), { HUNT_BIN_DIR: programs });
  expect((await hunt.exited).code).toBe(3);
  expect(hunt.err).toMatch(/etcd\/\d .*exit code 7/);
  expect(hunt.err).toContain("the moon is in the wrong phase");
  expect(hunt.runDocument().state).toMatchObject({ kind: "partial", reason: "start-failed" });
});
