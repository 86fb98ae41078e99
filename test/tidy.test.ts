/**
 * What linters don't see, as TigerBeetle's tidy does it: every file that git knows or would add, read as
 * text. The exceptions are the short lists below.
 */
import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const linesMax = 400;
const goFunctionLinesMax = 70;
const blobBytesMax = 256 * 1024;

/** Programs that people start by name. Fixtures stand in for programs that hunt starts. */
const executables = ["bin/hunt", "bin/test", "bench/run", ".ci/run"];

/** Large because of what they are. */
const largeFiles: readonly string[] = [];

interface TextRule {
  readonly name: string;
  readonly pattern: RegExp;
  readonly appliesTo: (file: string) => boolean;
}

const anyFile = () => true;
const isTypeScript = (file: string) => /\.(tsx?|mjs|js)$/.test(file);

/** Written in pieces where a rule would find itself. */
const textRules: readonly TextRule[] = [
  {
    name: "leftover mark",
    pattern: new RegExp(`\\b(TO${"DO"}|FIX${"ME"}|XX${"X"})\\b`),
    appliesTo: isCode,
  },
  {
    name: "test left out or alone",
    pattern: /\b(it|test|describe)(\.\w+)*\.(only|skip|todo|skipIf|runIf)\b/,
    appliesTo: isTypeScript,
  },
  {
    name: "path of one machine",
    pattern: new RegExp(`/(work|farm)/(main|in)\\b|/ro${"ot"}/|/home/\\w+/`),
    appliesTo: anyFile,
  },
  {
    name: "package registry",
    pattern:
      /https?:\/\/(registry\.|proxy\.golang|[a-z.]*pypi|repo1?\.maven|deb\.debian|index\.crates|static\.crates)/,
    appliesTo: (file) => file !== "test/tidy.test.ts",
  },
  {
    name: "suppressed check",
    pattern: /@ts-(ignore|nocheck|expect-error)\b|\bbiome-ignore-all\b/,
    appliesTo: isSource,
  },
  {
    name: "private: write #name",
    pattern: /^\s*private\s+(?!constructor)/,
    appliesTo: isSource,
  },
  {
    name: "constant in capitals: write camelCase",
    pattern: /^\s*(export )?const [A-Z][A-Z0-9]+(_[A-Z0-9]+)*\b/,
    appliesTo: isSource,
  },
  {
    name: "it: write test",
    pattern: /^\s*it(\.(each|for|concurrent)\b.*)?\(/,
    appliesTo: isSource,
  },
  {
    name: "property left out when undefined: call optional",
    pattern: /([\w.#]+) === undefined \? \{\} : \{ (\w+: )?\1 \}/,
    // A fixture that stands for k6 runs without the tool.
    appliesTo: (file) => isSource(file) && !file.endsWith(".mjs"),
  },
  {
    name: "exit code of a signal: call signalExitCode",
    pattern: /=== "SIG[A-Z]+" \? (exitCodes\.|1\d\d)/,
    appliesTo: (file) => isSource(file) && file !== "src/exit-codes.ts",
  },
  {
    name: "message of what was thrown: call reasonOf",
    pattern: /\b(\w+) instanceof Error \? \1\.message : String\(\1\)/,
    appliesTo: (file) => isSource(file) && !file.endsWith("/reason-of.ts"),
  },
];

function isCode(file: string): boolean {
  return /\.(tsx?|mjs|js|go|sh|ya?ml)$/.test(file) || executables.includes(file);
}

function isSource(file: string): boolean {
  return isTypeScript(file) && file !== "test/tidy.test.ts";
}

function isGenerated(file: string, text: string): boolean {
  return (
    /(^|\/)gen\//.test(file) || /^\/\/ Code generated .* DO NOT EDIT\.$/m.test(text.slice(0, 2000))
  );
}

function brokenTextRules(file: string, text: string): readonly string[] {
  return textRules.flatMap(({ name, pattern, appliesTo }) => {
    if (!appliesTo(file)) return [];
    const line = text.split("\n").findIndex((candidate) => pattern.test(candidate));
    return line === -1 ? [] : [`${file}:${line + 1}: ${name}`];
  });
}

function brokenName(file: string): string | undefined {
  const says = /(^|\/)(utils?|helpers?|common|shared|misc)(\/|\.[a-z.]+$)/.exec(file)?.[2];
  if (says !== undefined) return `${file}: "${says}" says nothing: name it after what it holds`;
  const name = basename(file);
  if (name === "index.ts") return `${file}: import the file itself, not a barrel`;
  if (isTypeScript(file) && !/^[a-z0-9-]+(\.[a-z]+)*$/.test(name)) return `${file}: not kebab-case`;
  return undefined;
}

/** gofmt puts the end of a top-level function in the first column. */
function longGoFunctions(file: string, text: string): readonly string[] {
  return [...text.matchAll(/^func [^\n]*\{\n([\s\S]*?)^\}/gm)].flatMap((match) => {
    const lines = (match[1] ?? "").split("\n").length - 1;
    const name = /^func (?:\([^)]*\) )?(\w+)/.exec(match[0])?.[1];
    return lines > goFunctionLinesMax ? [`${file}: func ${name} has ${lines} lines`] : [];
  });
}

function isExecutable(file: string): boolean {
  return (lstatSync(join(root, file)).mode & 0o100) !== 0;
}

describe("tidy", () => {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\0")
    .filter(
      (file) => file !== "" && lstatSync(join(root, file), { throwIfNoEntry: false })?.isFile(),
    );
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));
  const written = files.filter((file) => !isGenerated(file, texts.get(file) ?? ""));
  const textOf = (file: string) => texts.get(file) ?? "";

  test("sees the whole checkout", () => {
    expect(files).toEqual(
      expect.arrayContaining(["bin/hunt", "package.json", "test/tidy.test.ts"]),
    );
  });

  test(`keeps every file of code under ${linesMax} lines`, () => {
    const long = written
      .filter(isCode)
      .map((file) => ({ file, lines: textOf(file).split("\n").length - 1 }))
      .filter(({ lines }) => lines > linesMax);
    expect(long).toEqual([]);
  });

  test(`keeps every Go function under ${goFunctionLinesMax} lines; biome does it for TypeScript`, () => {
    const code = written.filter((file) => extname(file) === ".go" && !file.endsWith("_test.go"));
    expect(code.flatMap((file) => longGoFunctions(file, textOf(file)))).toEqual([]);
  });

  test("has no leftovers, machine paths or registry hosts", () => {
    expect(written.flatMap((file) => brokenTextRules(file, textOf(file)))).toEqual([]);
  });

  test("names files after what they hold", () => {
    expect(written.flatMap((file) => brokenName(file) ?? [])).toEqual([]);
  });

  test("holds no large blobs", () => {
    const large = files.filter((file) => lstatSync(join(root, file)).size > blobBytesMax);
    expect(large).toEqual(largeFiles);
  });

  test("marks as executable what is started by name, and nothing else", () => {
    const marked = files.filter((file) => isExecutable(file) && !file.startsWith("test/fixtures/"));
    expect(marked.sort()).toEqual([...executables].sort());
  });

  test("finds what it looks for", () => {
    expect(brokenTextRules("src/a.ts", `// TO${"DO"} later`)).toHaveLength(1);
    expect(brokenTextRules("src/a.test.ts", `it.${"skip"}("x", () => {})`)).toHaveLength(1);
    expect(brokenTextRules("docs/a.md", `see /wo${"rk"}/main/x`)).toHaveLength(1);
    expect(brokenTextRules("src/a.ts", "  private readonly at = 0;")).toHaveLength(1);
    expect(brokenTextRules("src/a.ts", "export const PAGE_BYTES = 5;")).toHaveLength(1);
    expect(brokenTextRules("src/a.test.ts", 'it("says", () => {})')).toHaveLength(1);
    expect(
      brokenTextRules("src/a.ts", "say(e instanceof Error ? e.message : String(e));"),
    ).toHaveLength(1);
    expect(brokenTextRules("src/a.ts", 'return signal === "SIGINT" ? 130 : 143;')).toHaveLength(1);
    expect(
      brokenTextRules("src/a.ts", "return { a, ...(b.c === undefined ? {} : { d: b.c }) };"),
    ).toHaveLength(1);
    expect(brokenName("src/utils/a.ts")).toContain("says nothing");
    expect(brokenName("src/load/shared.ts")).toContain("says nothing");
    expect(brokenName("src/load/index.ts")).toContain("barrel");
    expect(longGoFunctions("a.go", `func long() {\n${"\tx()\n".repeat(71)}}\n`)).toHaveLength(1);
    expect(longGoFunctions("a.go", `func short() {\n${"\tx()\n".repeat(70)}}\n`)).toEqual([]);
  });
});
