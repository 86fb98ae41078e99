/**
 * The jobs in examples/ci, as the two services run their scripts: each reports the run that it started, or says
 * that there was none. `bin/hunt bench` is a stand-in that leaves what the test says; every other command is the
 * real one. The checkout holds the sample, and a run of an earlier job.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

const root = join(import.meta.dirname, "../..");
const recording = join(root, "test/fixtures/recordings/tiny");
const mine = "20261201-100000-tiny-mine";
const earlier = "20261123-220222-tiny-44hf";

const read = (name: string): unknown =>
  parse(readFileSync(join(root, "examples/ci", name), "utf8"));
const variablesSchema = z.record(z.string(), z.string());
const github = z
  .object({
    env: variablesSchema,
    jobs: z.object({
      gate: z.object({
        steps: z.array(
          z.object({
            name: z.string().optional(),
            run: z.string().optional(),
            if: z.string().optional(),
            with: z.record(z.string(), z.unknown()).optional(),
          }),
        ),
      }),
    }),
  })
  .parse(read("github-actions.yml"));
const gitlab = z
  .object({
    hunt: z.object({
      variables: variablesSchema,
      script: z.array(z.string()),
      after_script: z.array(z.string()),
      artifacts: z.object({
        paths: z.array(z.string()),
        reports: z.object({ junit: z.string() }),
      }),
    }),
  })
  .parse(read("gitlab-ci.yml")).hunt;

interface Bench {
  readonly exitCode: number;
  /** Its folder, as far as it came. */
  readonly leaves: "a run" | "nothing";
}

/** A checkout in which `bin/hunt bench` does as it is told. */
function checkout({ exitCode, leaves }: Bench): string {
  const cwd = temporaryFolder();
  const made =
    leaves === "nothing"
      ? ""
      : `mkdir -p "$HUNT_REPORTS" && cp -r '${recording}' "$HUNT_REPORTS/${mine}" &&
         echo '<testsuites/>' > "$HUNT_REPORTS/${mine}/junit.xml"`;
  const script = `#!/bin/sh
if [ "$1" = bench ]; then ${made}
  exit ${exitCode}
fi
exec '${root}/bin/hunt' "$@"
`;
  mkdirSync(join(cwd, "bin"));
  writeFileSync(join(cwd, "bin/hunt"), script);
  chmodSync(join(cwd, "bin/hunt"), 0o755);
  for (const name of readdirSync(join(root, "reports"))) {
    if (existsSync(join(root, "reports", name, "run.json"))) {
      const document: unknown = JSON.parse(
        readFileSync(join(root, "reports", name, "run.json"), "utf8"),
      );
      const isSample = z.object({ sample: z.literal(true) }).safeParse(document).success;
      if (isSample)
        cpSync(join(root, "reports", name), join(cwd, "reports", name), { recursive: true });
    }
  }
  // A runner that keeps its workspace has what the job before left there.
  cpSync(recording, join(cwd, "hunt-runs", earlier), { recursive: true });
  writeFileSync(join(cwd, "hunt-runs", earlier, "junit.xml"), "<testsuites/>");
  return cwd;
}

function shell(cwd: string, script: string, variables: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync("bash", ["-e", "-c", script], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...variables },
  });
  return { status, text: `${stdout}${stderr}` };
}

describe("the GitHub job", () => {
  /** The steps with a script, to the end: those behind a failure only where they ask for it. */
  function job(cwd: string) {
    const summary = join(cwd, "summary.md");
    writeFileSync(summary, "");
    let failed: number | null = 0;
    let text = "";
    for (const step of github.jobs.gate.steps) {
      if (step.run === undefined || (failed !== 0 && !/!cancelled\(\)/.test(step.if ?? "")))
        continue;
      const ended = shell(cwd, step.run, { ...github.env, GITHUB_STEP_SUMMARY: summary });
      text += ended.text;
      failed = failed === 0 ? ended.status : failed;
    }
    return { failed, text, summary: readFileSync(summary, "utf8") };
  }

  test("that started no run says so, and shows no other", () => {
    const { failed, text, summary } = job(checkout({ exitCode: 2, leaves: "nothing" }));
    expect(failed).toBe(2);
    expect(text).toContain("::error title=hunt::This job has no run to report.");
    expect(text).not.toMatch(/::notice|pass/);
    expect(summary).toBe("hunt: this job has no run to report.\n");
  });

  test("that started a run reports and keeps that one alone", () => {
    const cwd = checkout({ exitCode: 99, leaves: "a run" });
    const { failed, text, summary } = job(cwd);
    expect(failed).toBe(99);
    expect(text).toMatch(/^::notice title=hunt tiny/m);
    expect(summary).toMatch(/^# hunt: pass, tiny\n/);
    const kept = github.jobs.gate.steps.find((step) => step.with?.["name"] === "hunt");
    expect(kept?.with?.["path"]).toMatch(/^\$\{\{ env\.HUNT_REPORTS \}\}\/\*\/$/);
    expect(globSync(`${github.env["HUNT_REPORTS"]}/*/`, { cwd })).toEqual([`hunt-runs/${mine}`]);
  });
});

describe("the GitLab job", () => {
  /** Its script up to the first command that fails, then the other one, whatever became of it. */
  function job(cwd: string) {
    const script = shell(cwd, gitlab.script.join("\n"), gitlab.variables);
    const after = shell(cwd, gitlab.after_script.join("\n"), gitlab.variables);
    const junit = globSync(gitlab.artifacts.reports.junit, { cwd });
    return {
      failed: script.status,
      after,
      junit,
      kept: gitlab.artifacts.paths.flatMap((path) => globSync(path, { cwd })),
    };
  }

  test("that started no run says so, and has no green tests", () => {
    const { failed, after, junit, kept } = job(checkout({ exitCode: 3, leaves: "nothing" }));
    expect(failed).toBe(3);
    expect(after.text).toContain("hunt: this job has no run to report.");
    expect(after.text).not.toContain("Verdict:");
    expect([junit, kept]).toEqual([[], []]);
  });

  test("that started a run reports that one, with its tests alone", () => {
    const { failed, after, junit, kept } = job(checkout({ exitCode: 99, leaves: "a run" }));
    expect(failed).toBe(99);
    expect(after.text).toContain("Verdict: pass");
    expect(junit).toEqual([`hunt-runs/${mine}/junit.xml`]);
    expect(kept).toEqual([`hunt-runs/${mine}`]);
  });
});
