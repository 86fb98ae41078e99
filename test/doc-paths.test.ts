/** Paths that a contributor is sent to exist: a file that moves takes the pages along. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const pages = ["CONTRIBUTING.md", "docs/architecture.md", "docs/style.md"];

/** `src/a.ts` in backticks; `<name>` stands for what is new, so its folder is looked for. */
function pathsOf(text: string): readonly string[] {
  return [...text.matchAll(/`((?:src|test|docs|scripts|native|bin|bench|schema)\/[^`\s]*)`/g)]
    .map((match) => match[1] ?? "")
    .map((path) => path.replace(/[^/]*[<*].*$/, ""));
}

function missingFrom(text: string): readonly string[] {
  return pathsOf(text).filter((path) => !existsSync(join(root, path)));
}

test.each(pages)("every path in %s exists", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  expect(pathsOf(text).length).toBeGreaterThan(0);
  expect(missingFrom(text)).toEqual([]);
});

test("a path that is gone is found", () => {
  expect(
    missingFrom("`src/gone/a.ts` and `src/gone/<kind>.ts` and `src/faults/kinds/<kind>.ts`"),
  ).toEqual(["src/gone/a.ts", "src/gone/"]);
});
