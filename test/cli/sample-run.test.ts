/** The run that git keeps in `reports/`: everything that can be done with a run must work on a fresh clone. */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hunt } from "../fixtures/recorded-run.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

const root = join(import.meta.dirname, "../..");
const kept = execFileSync("git", ["ls-files", "reports"], { cwd: root, encoding: "utf8" })
  .trim()
  .split("\n");
const [runId = ""] = kept.flatMap((path) => /^reports\/([^/]+)\/run\.json$/.exec(path)?.[1] ?? []);

/** As a clone has it: what git keeps, and nothing that lies beside it here. */
function clone(): string {
  const cwd = temporaryFolder();
  for (const path of kept) cpSync(join(root, path), join(cwd, path));
  return cwd;
}

const onClone = (...args: readonly string[]) => hunt(clone(), args, 0, undefined, true);

test("git keeps one run with its README, and the README names it", () => {
  const folders = new Set(kept.map((path) => path.split("/")[1]));
  expect([...folders].toSorted()).toEqual([runId, "README.md"].toSorted());
  expect(readFileSync(join(root, "reports/README.md"), "utf8")).toContain(runId);
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain(runId);
});

test("it is never the last run: a clone has none before one was made in it", async () => {
  for (const command of ["report", "verdict", "verify", "watch"]) {
    const { exitCode, err, out } = await onClone(command, "last");
    expect([exitCode, out], command).toEqual([2, ""]);
    expect(err, command).toContain(`the sample goes by its name: ${runId}`);
  }
});

test("its guarantees are held again, by porcupine too, and its verdict is a pass with three faults", async () => {
  const verified = await onClone("verify", runId);
  expect(verified.err).toBe("");
  expect(verified.exitCode).toBe(0);
  expect(verified.out).toMatch(/sampled-sessions-are-linearizable: HELD \([1-9]\d* operations/);
  const { exitCode, out } = await onClone("verdict", runId, "--json");
  expect(exitCode).toBe(0);
  const { verdict, faults } = JSON.parse(out);
  expect(verdict.outcome).toBe("pass");
  const kinds = faults.map(({ kind }: { kind: string }) => kind);
  expect(kinds).toEqual(["degrade", "kill", "kill"]);
  for (const { evidence } of faults) expect(evidence).toMatch(/delayed|SIGKILL/);
});

test("it can be watched again, faults and all", async () => {
  const { exitCode, out } = await onClone("watch", runId, "--plain");
  expect(exitCode).toBe(0);
  for (const fault of ["slow-network", "leader-killed", "gateway-killed"]) {
    expect(out).toMatch(new RegExp(`fault ${fault} injected`));
  }
  expect(out).toMatch(/leads etcd/);
  expect(out).toMatch(/verdict pass/);
});

test("every report of it is made", async () => {
  const marks = {
    text: /Verdict: pass/,
    md: /gateway-killed/,
    html: /^<!doctype html>.*gateway-killed/s,
    junit: /<testsuite/,
    json: /"outcome": "pass"/,
  };
  for (const [format, mark] of Object.entries(marks)) {
    const { exitCode, out } = await onClone("report", runId, "--format", format);
    expect(exitCode, format).toBe(0);
    expect(out, format).toMatch(mark);
  }
});
