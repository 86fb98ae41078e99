import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hunt, recordedRun } from "../fixtures/recorded-run.ts";

test("prints a recorded run as plain lines where there is no terminal", async () => {
  const { cwd } = recordedRun();
  const told = await hunt(cwd, ["watch"]);
  expect(told.exitCode).toBe(0);
  expect(told.out).toMatch(/^t=.*leads etcd/m);
  expect(told.out).toContain("Next: hunt report 20261123-220222-tiny-44hf");
});

test("leaves out damaged lines, and says so", async () => {
  const run = recordedRun();
  run.change("timeline.ndjson", (content) => Buffer.concat([Buffer.from("garbage\n"), content]));
  const told = await hunt(run.cwd, ["watch"]);
  expect(told.out).toContain("timeline.ndjson: 1 unreadable line left out");
});

test("refuses a recording of a newer hunt", async () => {
  const run = recordedRun();
  run.change("run.json", (content) =>
    Buffer.from(content.toString().replace('"schemaVersion": 1', '"schemaVersion": 7')),
  );
  const told = await hunt(run.cwd, ["watch"]);
  expect(told).toMatchObject({ exitCode: 2, err: expect.stringContaining("newer hunt") });
});

test("loads nothing of Ink or React unless a dashboard opens", () => {
  const root = join(import.meta.dirname, "../..");
  const script = `
    const { registerHooks } = await import("node:module");
    const seen = [];
    registerHooks({ resolve(name, context, next) { seen.push(name); return next(name, context); } });
    for (const file of process.argv.slice(1)) await import(file);
    console.log(JSON.stringify(seen));`;
  const commands = readdirSync(join(root, "src/commands"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(root, "src/commands", name));
  const files = [join(root, "src/program.ts"), ...commands];
  const out = execFileSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script, ...files],
    { encoding: "utf8" },
  );
  const seen = JSON.parse(out) as string[];
  expect(seen).toContain("commander");
  expect(seen.filter((name) => /^(ink|react)($|\/)/.test(name))).toEqual([]);
  expect(readFileSync(join(root, "src/dashboard/screen/open-dashboard.tsx"), "utf8")).toContain(
    '"ink"',
  );
});
