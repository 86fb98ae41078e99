import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { descendantsOf } from "./hunt-process.ts";
import { PseudoTerminal } from "./pseudo-terminal.ts";

const program = fileURLToPath(new URL("../../bin/hunt", import.meta.url));
const size = { columns: 120, rows: 40 };
const enter = "\u001b[?1049h";
const leave = "\u001b[?1049l";

function bench(durationS: number) {
  const reportsDir = temporaryFolder();
  const flags = `--scenario smoke --duration ${durationS}s --gate warn --reports '${reportsDir}'`;
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
  expect(terminal.out.slice(opened)).not.toContain("the dashboard ended");
});

test("a bench whose dashboard is killed goes on with lines in a terminal that is as it was", async () => {
  const { terminal, reportsDir } = bench(6);
  await terminal.until(/phase warmup/);
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
