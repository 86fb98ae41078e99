/**
 * Vets and tests each Go module under native/, with the flags that set-up builds with (also for a
 * test that builds a program itself), so that everything compiled for the binaries is found in Go's
 * cache. One package at a time: tests that measure time must not share the machine with a compiler.
 */

import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { optional } from "../../src/optional.ts";
import { runCommand } from "./command.ts";
import type { Suite, SuiteContext } from "./suite.ts";

const modules = ["engines", "tools", "k6"];
const env = {
  CGO_ENABLED: "0",
  GOWORK: "off",
  GOFLAGS: `${process.env["GOFLAGS"] ?? ""} -trimpath -buildvcs=false`.trim(),
};

export const goSuite: Suite = {
  name: "go",
  about: "go vet and go test of each module under native/",
  async run(context) {
    const logPath = context.live ? undefined : join(context.workDir, "output.log");
    let [passed, failed] = [0, 0];
    const notes: string[] = [];
    for (const module of modules) {
      const vetted = await vet(context, module, logPath);
      if (vetted) passed += 1;
      else notes.push(`go vet: native/${module}`);
      const tests = await test(context, module, logPath);
      passed += tests.passed;
      failed += tests.failed.length + (vetted ? 0 : 1);
      notes.push(...tests.failed.map((name) => `go test: native/${module}: ${name}`));
    }
    return { passed, failed, notes, ...optional({ logPath }) };
  },
};

async function vet(context: SuiteContext, module: string, logPath: string | undefined) {
  const code = await runCommand({
    program: "go",
    args: ["vet", "./..."],
    cwd: join(context.root, "native", module),
    env,
    logPath,
    timeoutMs: 600_000,
  });
  return code === 0;
}

async function test(context: SuiteContext, module: string, logPath: string | undefined) {
  const eventsPath = join(context.workDir, `${module}.ndjson`);
  const code = await runCommand({
    program: "go",
    args: ["test", "-p=1", "-vet=off", "-timeout=5m", "-json", "./..."],
    cwd: join(context.root, "native", module),
    env,
    logPath,
    outputPath: eventsPath,
    timeoutMs: 600_000,
  });
  const { passed, failed, output } = readEvents(await readFile(eventsPath, "utf8").catch(() => ""));
  if (code !== 0 && failed.length === 0) failed.push(`go test ended with exit code ${code}`);
  if (logPath === undefined) process.stdout.write(output);
  else await appendFile(logPath, output);
  return { passed, failed };
}

interface TestEvent {
  readonly Action?: string;
  readonly Package?: string;
  readonly ImportPath?: string;
  readonly Test?: string;
  readonly Output?: string;
}

/** A package that fails without a failed test (it does not compile, it panics) counts as one. */
function readEvents(text: string): { passed: number; failed: string[]; output: string } {
  let passed = 0;
  const failed: string[] = [];
  const failedPackages = new Set<string>();
  let output = "";
  for (const line of text.split("\n").filter((line) => line.startsWith("{"))) {
    const event: TestEvent = JSON.parse(line);
    const name = event.Package ?? event.ImportPath ?? "";
    if (event.Action === "output" || event.Action === "build-output") output += event.Output ?? "";
    else if (event.Test !== undefined && event.Action === "pass") passed += 1;
    else if (event.Test !== undefined && (event.Action === "fail" || event.Action === "skip")) {
      failed.push(`${name} ${event.Test} (${event.Action})`);
      failedPackages.add(name);
    } else if (event.Action === "fail" && !failedPackages.has(name)) failed.push(name);
  }
  return { passed, failed, output };
}
