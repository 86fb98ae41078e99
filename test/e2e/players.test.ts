/** What players do beyond digs over HTTP: reads over gRPC, read checks, keep-alives, two devices, plain k6. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ledgerTypes, readLedger } from "../../src/lanes/sessions/files/ledger-file.ts";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { HuntProcess } from "./hunt-process.ts";

const wide = ["--budget", "sessions.dig.p99 < 2s", "--gate", "warn", "--json"];

interface Played {
  readonly hunt: HuntProcess;
  readonly summary: Summary;
}

/** Plays a scenario of one level at the rate of 10 digs per second and 60 players. */
async function play(plan: string, flags: readonly string[] = []): Promise<Played> {
  const file = join(temporaryFolder(), "players.yaml");
  writeFileSync(
    file,
    `name: players
plan: { durationS: 10, players: [[0, 60]], rate: [[0, 10]], skew: 0, seed: 4, ${plan} }
phases: [{ name: steady, startS: 0, endS: 10 }]
`,
  );
  const hunt = new HuntProcess(["bench", "--scenario", file, ...flags, ...wide]);
  const end = await hunt.exited;
  expect(end.code, hunt.err).toBe(0);
  return { hunt, summary: JSON.parse(hunt.out) as Summary };
}

/** The last value that the generator gave; it counts from the start. */
function generatorTotal({ hunt }: Played, name: string): number {
  const samples = readFileSync(join(hunt.runFolder(), "timeline.ndjson"), "utf8")
    .split("\n")
    .filter((line) => line.includes(`"generator.${name}"`))
    .map((line) => JSON.parse(line) as { value: number });
  return samples.at(-1)?.value ?? Number.NaN;
}

function expectHeld({ summary, hunt }: Played): void {
  const unheld = summary.guarantees.filter((guarantee) => guarantee.outcome !== "held");
  expect(unheld, hunt.err + JSON.stringify(summary.verdict)).toEqual([]);
}

function actionOf({ summary }: Played, name: string) {
  const action = summary.lanes["sessions"]?.actions[name];
  if (action === undefined) throw new Error(`no action ${name}`);
  return action;
}

test.each(["swarm", "plain-k6"])(
  "%s reads over gRPC and HTTP alike, and no read goes back or misses what its player was acknowledged",
  async (generator) => {
    const plan = "readRatio: 3, readOwnWrites: true";
    for (const reads of ["http", "grpc"]) {
      // One after the other: two generators and two backends on two cores lose a read now and then.
      const played = await play(plan, ["--reads", reads, "--generator", generator]);
      const read = actionOf(played, "read");
      expect(read.ok).toBeGreaterThan(200);
      expect(read.ok).toBe(read.intended);
      expect(generatorTotal(played, "readsBack")).toBe(0);
      expect(generatorTotal(played, "readsStale")).toBe(0);
      expectHeld(played);
    }
  },
);

// A player digs every 6 s, and a session that shows no sign of life for 2 s is closed.
test.each(["swarm", "plain-k6"])(
  "%s keeps the sessions of idle players open, which are closed without its keep-alives",
  async (generator) => {
    const flags = ["--session-ttl", "2s", "--generator", generator];
    const [kept, silent] = await Promise.all(
      [0.8, 0].map((keepAliveS) => play(`readRatio: 0, keepAliveS: ${keepAliveS}`, flags)),
    );
    if (kept === undefined || silent === undefined) throw new Error("not played");
    expect(actionOf(kept, "dig").ok).toBe(actionOf(kept, "dig").intended);
    expect(actionOf(silent, "dig").fail).toBeGreaterThan(0);
    if (generator === "swarm") expect(generatorTotal(kept, "keepAlives")).toBeGreaterThan(100);
    expect(generatorTotal(silent, "keepAlives")).toBe(0);
    // A session that its gateway closed is told apart from one that lost an operation.
    expectHeld(kept);
    expectHeld(silent);
  },
);

test("sessions of two devices keep what both were acknowledged, and lose updates by design `naive`", async () => {
  const [log, naive] = [await duets("log"), await duets("naive")];
  expectHeld(log);
  const audited = log.summary.guarantees.find(({ id }) => id === "audited-reads-are-explained");
  expect(audited?.checked).toBeGreaterThan(50);
  const wrote = { 1: 0, 2: 0 };
  await readLedger(join(log.hunt.runFolder(), "lanes/sessions/ledger.bin"), ({ type, device }) => {
    if (type === ledgerTypes.attempt && (device === 1 || device === 2)) wrote[device] += 1;
  });
  expect(wrote[2]).toBeGreaterThan(80);
  expect(wrote[1]).toBeGreaterThan(80);
  // A failure that its design is known for: the state comes from the later Put, not from the later Txn.
  const lost = naive.summary.guarantees.find(({ id }) => id === "nothing-acknowledged-is-lost");
  expect(lost).toMatchObject({ outcome: "broken" });
  expect(lost?.example).toContain("the state does not hold it");
  expect(naive.summary.verdict).toMatchObject({ outcome: "broken", exitCode: 5 });
});

/** Everybody has two devices; digs of a session overlap now and then, and seldom more than twice: then it can be told which are lost. */
async function duets(design: string): Promise<Played> {
  const load = ["--players", "80", "--rate", "70", "--skew", "0", "--duration", "8s"];
  const flags = [...load, "--two-devices", "1", "--design", design, "--no-warm-follower", ...wide];
  const hunt = new HuntProcess(["bench", "--scenario", "smoke", ...flags]);
  const end = await hunt.exited;
  expect(end.code, hunt.err).toBe(0);
  return { hunt, summary: JSON.parse(hunt.out) as Summary };
}
