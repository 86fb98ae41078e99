/**
 * Which vitest project a test belongs to (vitest.config.ts). `bin/test` plays every project once, so each test file
 * is in exactly one. That no test of "unit" starts a program is held by test/setup/refuse-programs.ts as it runs;
 * here is the other half: `x.engine.test.ts` says that a program is started, so it can be.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob, normalize } from "node:path";
import { expect, test } from "vitest";
import config from "../vitest.config.ts";
import { loadedSpecifiersOf } from "./fixtures/import-specifiers.ts";

const root = join(import.meta.dirname, "..");
const testFiles = globSync("{src,test,scripts,bench}/**/*.test.{ts,tsx}", { cwd: root });

interface Project {
  readonly name: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

const projects: readonly Project[] = (config.test?.projects ?? []).flatMap((project) => {
  if (typeof project !== "object" || !("test" in project)) return [];
  const { name, include = [], exclude = [] } = project.test ?? {};
  return [{ name: String(name), include, exclude }];
});

function projectsOf(file: string): readonly string[] {
  const fits = (pattern: string) => matchesGlob(file, pattern);
  return projects
    .filter(({ include, exclude }) => include.some(fits) && !exclude.some(fits))
    .map(({ name }) => name);
}

/** Follows imports from a file; builtins and packages by their names. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!/\.tsx?$/.test(file) || !existsSync(join(root, file))) return seen;
  for (const specifier of loadedSpecifiersOf(readFileSync(join(root, file), "utf8"))) {
    loadedBy(
      specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : specifier,
      seen,
    );
  }
  return seen;
}

test("every test file is in exactly one project", () => {
  expect(testFiles.length).toBeGreaterThan(100);
  const wrong = testFiles
    .map((file) => ({ file, projects: projectsOf(file) }))
    .filter(({ projects }) => projects.length !== 1);
  expect(wrong).toEqual([]);
});

test("a test that is named after an engine loads what starts programs", () => {
  const named = testFiles.filter((file) => file.endsWith(".engine.test.ts"));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((file) => !loadedBy(file).has("node:child_process"))).toEqual([]);
});

test("only the unit project refuses programs, and it holds most of the source's tests", () => {
  expect(projectsOf("src/load/progress.test.ts")).toEqual(["unit"]);
  expect(projectsOf("src/warden/warden.engine.test.ts")).toEqual(["slow"]);
  expect(projectsOf("test/simulation/sessions/simulation.test.ts")).toEqual(["slow"]);
  expect(loadedBy("src/load/progress.test.ts").has("node:child_process")).toBe(false);
});
