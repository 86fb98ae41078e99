import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { HuntProcess, untilGone } from "./hunt-process.ts";

// A wide budget, and with it a wide limit on the generator's lateness: these tests are about what a run
// does, on a machine that other tests may share; whether the backend is fast is for the benches.
const wide = ["--budget", "sessions.dig.p99 < 2s", "--budget", "sessions.dig.errorRate < 0.1%"];
const smoke = ["bench", "--scenario", "smoke", "--duration", "8s", ...wide];

function summaryOf(hunt: HuntProcess): Summary {
  return JSON.parse(hunt.out) as Summary;
}

test("a smoke bench ends pass, with a whole recording, and leaves nothing behind", async () => {
  const hunt = new HuntProcess([...smoke, "--json"]);
  await hunt.untilPrinted(/t=5s/);
  const processes = hunt.descendants();
  expect(processes.length).toBeGreaterThanOrEqual(8);
  const end = await hunt.exited;
  const summary = summaryOf(hunt);
  expect(end.code, hunt.err + hunt.out).toBe(0);
  expect(summary.verdict.outcome).toBe("pass");
  await untilGone(processes, 1_000);
  expect(readdirSync(hunt.runFolder()).sort()).toEqual([
    "junit.xml",
    "lanes",
    "latency.hlog",
    "logs",
    "report.md",
    "run.json",
    "summary.json",
    "timeline.ndjson",
  ]);
  const ofLane = readdirSync(join(hunt.runFolder(), "lanes", "sessions"));
  expect(ofLane.sort()).toEqual(["audit.bin", "ledger.bin", "observed.bin"]);
  const schema = JSON.parse(
    readFileSync(
      fileURLToPath(new URL("../../schema/summary.schema.json", import.meta.url)),
      "utf8",
    ),
  );
  const validate = new Ajv({ strict: false }).compile(schema);
  expect(validate(summary), JSON.stringify(validate.errors)).toBe(true);
  // Somebody watched the disk.
  expect(summary.diskStalls).not.toBeNull();
  const dig = summary.lanes["sessions"]?.actions["dig"];
  expect(dig?.ok).toBeGreaterThan(1_000);
  expect(dig?.ok).toBe(dig?.intended);
  expect(summary.guarantees).not.toEqual([]);
  for (const guarantee of summary.guarantees) expect(guarantee).toMatchObject({ outcome: "held" });
  const report = new HuntProcess(["report", hunt.runFolder(), "--json"]);
  expect((await report.exited).code).toBe(0);
  expect(JSON.parse(report.out)).toEqual(
    JSON.parse(readFileSync(join(hunt.runFolder(), "summary.json"), "utf8")),
  );
});

test("three designs run one after the other and end in one comparison", async () => {
  const hunt = new HuntProcess([...smoke, "--design", "naive,delta,log", "--json"]);
  const end = await hunt.exited;
  expect(end.code, hunt.err).toBe(0);
  const document = JSON.parse(hunt.out);
  expect(document.comparison.designs).toEqual(["naive", "delta", "log"]);
  expect(document.runs).toHaveLength(3);
  const row = document.comparison.rows.find((each: { figure: string }) =>
    each.figure.endsWith("walBytesPerAction"),
  );
  const [naive, delta, log] = row.medians;
  expect(naive / delta).toBeGreaterThan(5);
  expect(delta / log).toBeGreaterThan(1);
});

test("delta keeps what log keeps when a gateway and the leader are killed, but for the log itself", async () => {
  const hunt = new HuntProcess([
    ...["bench", "--scenario", "smoke", "--duration", "12s", "--rate", "200", "--json"],
    ...["--design", "delta", "--budget", "sessions.dig.p99 < 5s"],
    ...["--budget", "sessions.dig.errorRate < 1%", "--budget", "sessions.read.p99 < 5s"],
    ...["--fault", "kill gateway/1 at 3s for 2s", "--fault", "kill etcd/leader at 7s for 2s"],
  ]);
  // On a machine that others share, the generator may be late; a guarantee may not be broken.
  expect([0, 4, 99], hunt.err).toContain((await hunt.exited).code);
  const summary = summaryOf(hunt);
  const outcomes = summary.guarantees.map(({ id, outcome }) => `${id} ${outcome}`);
  for (const id of ["nothing-acknowledged-is-lost", "nothing-is-applied-twice"]) {
    expect(outcomes).toContain(`${id} held`);
  }
  expect(outcomes.filter((each) => each.startsWith("log-"))).toEqual([]);
  expect(readdirSync(join(hunt.runFolder(), "lanes", "sessions"))).not.toContain("audit.bin");
  const { figures } = summary.lanes["sessions"] ?? {};
  for (const name of ["raftCommitMs", "batchWaitMs", "walBytesPerAction"]) {
    expect(figures?.[name], name).toBeTruthy();
  }
  const wait = figures?.["batchWaitMs"];
  expect(typeof wait === "object" ? wait?.p50 : 0).toBeGreaterThanOrEqual(99);
});

test("a bench without a terminal prints plain lines and no control characters", async () => {
  const hunt = new HuntProcess(smoke);
  expect((await hunt.exited).code, hunt.err).toBe(0);
  const printed = hunt.out + hunt.err;
  const control = [...printed].filter((letter) => letter < " " && letter !== "\n");
  expect(control).toEqual([]);
  expect(Math.max(...hunt.out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("two benches side by side use ports of their own", async () => {
  const pair = [new HuntProcess(smoke), new HuntProcess(smoke)];
  const ends = await Promise.all(pair.map((hunt) => hunt.exited));
  // Two runs share the cores, so a budget may be breached; but both must get to a verdict.
  for (const [index, { code }] of ends.entries()) {
    expect([0, 4, 99], pair[index]?.err).toContain(code);
    expect(pair[index]?.runDocument().state.kind).toBe("finished");
  }
});
