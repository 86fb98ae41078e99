import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { RunDocument } from "../../src/recording/run-document.ts";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { descendantsOf } from "./hunt-process.ts";
import { PseudoTerminal } from "./pseudo-terminal.ts";

const program = fileURLToPath(new URL("../../bin/hunt", import.meta.url));
const size = { columns: 120, rows: 40 };
const enter = "\u001b[?1049h";
const leave = "\u001b[?1049l";

function bench(durationS: number, more = "") {
  const reportsDir = temporaryFolder();
  const flags = `--scenario smoke --duration ${durationS}s --gate warn --reports '${reportsDir}' ${more}`;
  return { terminal: new PseudoTerminal(`'${program}' bench ${flags}`, size), reportsDir };
}

/** In a terminal that was given back: on its own screen, keys shown as they are typed. */
function expectRestored(terminal: PseudoTerminal): void {
  expect(terminal.out.lastIndexOf(leave)).toBeGreaterThan(terminal.out.lastIndexOf(enter));
  expect(terminal.out.slice(terminal.out.lastIndexOf(leave))).toContain("\u001b[?25h");
  expect(terminal.modes).toMatch(/ icanon/);
  expect(terminal.modes).toMatch(/ echo /);
}

test("a bench in a terminal opens the dashboard, survives a storm of resizes, and q stops it with its summary", async () => {
  const { terminal } = bench(30);
  const opened = await terminal.until(/\[\?1049h/);
  expect(terminal.out.slice(0, opened)).toContain("backend ready after");
  await terminal.until(/phase warmup.*players and load/s, opened);
  for (let turn = 0; turn < 20; turn += 1) terminal.resize(40 + ((turn * 37) % 180), 8 + turn * 2);
  terminal.resize(100, 30);
  const storm = terminal.out.length;
  await terminal.until(/panels 1-6 of \d+.*q quit/s, storm);
  terminal.type("mpager fired");
  await terminal.until(/note on the timeline: .*pager fired_/, storm);
  terminal.type("\r");
  await terminal.until(/s \S*pager fired {3}/, storm);
  terminal.type("q");
  await terminal.until(/stopping; the summary follows/, storm);
  expect(await terminal.exited).toBe(130);
  expectRestored(terminal);
  const after = terminal.out.slice(terminal.out.lastIndexOf(leave));
  expect(after).toContain("hunt was stopped by SIGINT");
  expect(after).toContain("Verdict: inconclusive");
  expect(after).toMatch(
    /notes on the timeline\s+- at -?[\d.]+ s \([\d:]+ UTC\), operator: pager fired\s/,
  );
  expect(terminal.out.slice(opened)).not.toContain("the dashboard ended");
});

test("f breaks what the operator chose, after a dry run, h heals early, and the verdict knows both faults", async () => {
  const loose = "--rate 100 --budget 'sessions.dig.p99 < 4s @steady'";
  const { terminal, reportsDir } = bench(40, loose);
  let at = await terminal.until(/phase steady/);
  const choose = async (keys: readonly string[], wanted: RegExp) => {
    for (const key of keys) {
      terminal.type(key);
      // A key that comes with the one before it would be one key to the terminal.
      await sleep(150);
    }
    at = await terminal.until(wanted, at);
  };
  const down = "\u001b[B";
  await choose(["f"], /What is to break\?/);
  await choose(["\r"], /What does it act on\?/);
  await choose(["\r"], /For how long\?/);
  await choose(["\r"], /kill etcd\/leader for 3s.*acts on.*etcd\/\d.*same as: hunt bench --fault/s);
  await choose(["y"], /fault by-hand-1: kill on etcd\/\d/);
  at = await terminal.until(/fault by-hand-1 recovered/, at);

  await choose(["f"], /What is to break\?/);
  await choose([down, "\r"], /What does it act on\?.*pause \.\.\./s);
  await choose([...Array<string>(5).fill(down), "\r"], /For how long\?.*gateway\/1/s);
  await choose([...Array<string>(4).fill(down), "\r"], /pause gateway\/1 for 10s.*acts on/s);
  await choose(["y"], /by-hand-2 evidence/);
  await choose(["h"], /heal all faults.*by-hand-2.*no command does the same/s);
  // On a slow disk what follows may come in the same picture, and leaves no room for the healing itself.
  await choose(["y"], /by-hand-2 (healed: by the operator, \d\.\d s early|recovered)/);
  expect(await terminal.exited).toBe(0);
  expectRestored(terminal);

  const [run = ""] = readdirSync(reportsDir);
  const read = (name: string) => readFileSync(join(reportsDir, run, name), "utf8");
  expect(read("timeline.ndjson")).toMatch(/"by the operator, \d\.\d s early"/);
  const { faults, verdict, generator, replay } = JSON.parse(read("summary.json")) as Summary;
  expect(faults).toMatchObject([
    {
      ...{ id: "by-hand-1", kind: "kill", target: "etcd/leader", problem: null },
      ...{ injectedBy: "operator", healedBy: "plan" },
      evidence: expect.stringContaining("SIGKILL"),
    },
    {
      ...{ id: "by-hand-2", kind: "pause", resolvedTo: ["gateway/1"], problem: null },
      ...{ injectedBy: "operator", healedBy: "operator" },
    },
  ]);
  const [, paused] = faults;
  expect((paused?.healedAtS ?? 0) - (paused?.injectedAtS ?? 0)).toBeLessThan(9);
  expect(replay).toMatch(/ --fault 'kill etcd\/leader at [\d.]+s for 3s as by-hand-1'/);
  const { phases } = JSON.parse(read("run.json")) as Pick<RunDocument, "phases">;
  expect(phases.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["fault:by-hand-1", "fault:by-hand-2", "recovery", "steady"]),
  );
  expect(generator.valid ? verdict.outcome : "pass", verdict.reasons.join("\n")).toBe("pass");
  expect(verdict.reasons.join()).not.toMatch(/fault|guarantee \S+ is broken/i);
});

test("a bench whose dashboard is killed goes on with lines in a terminal that is as it was", async () => {
  const { terminal, reportsDir } = bench(6);
  // Its processes are looked at once a second, from the load's first one on.
  await terminal.until(/t=[2-9]s of 6s/);
  const dashboard = descendantsOf(terminal.pid).find(({ command }) =>
    command.includes("--of-bench"),
  );
  process.kill(dashboard?.pid ?? Number.NaN, "SIGKILL");
  const ended = await terminal.until(/the dashboard ended \(SIGKILL\)/);
  await terminal.until(/t=5s phase=/, ended);
  expect(await terminal.exited).toBe(0);
  expectRestored(terminal);
  expect(terminal.out).toMatch(/Verdict: /);
  const [run = ""] = readdirSync(reportsDir);
  const summary: unknown = JSON.parse(readFileSync(join(reportsDir, run, "summary.json"), "utf8"));
  expect(summary).toMatchObject({
    verdict: { reasons: expect.not.arrayContaining([expect.stringContaining("partial")]) },
    resources: { dashboard: { cpuSeconds: expect.any(Number) } },
  });
});
