/**
 * The layer rule of docs/style.md: imports point down only. Works on source text, since an import
 * statement has few shapes; a folder that the table does not name is an error. The picture and the table of folders
 * in docs/architecture.md are held against the same lists.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { specifiersOf } from "./fixtures/import-specifiers.ts";

/** Lowest first; folders on one line may import each other. */
const layers: readonly (readonly string[])[] = [
  [
    "exit-codes.ts",
    "flag-values.ts",
    "hunt-error.ts",
    "optional.ts",
    "place-error.ts",
    "reason-of.ts",
    "suggestion.ts",
  ],
  ["topology"],
  ["recording", "metrics", "verdict"],
  ["runtime", "engines"],
  ["faults", "load", "checkers"],
  ["scenarios", "lanes", "calibration"],
  // Only types: the runner and the commands are handed the object.
  ["environment.ts", "output-stream.ts"],
  ["runner", "drills", "warden"],
  ["commands"],
  ["program.ts"],
  ["main.ts"],
];

/** Beside the layers: views of a recording. They see the layers up to this one. */
const views = { folders: ["dashboard", "reporting"], seeUpTo: "recording" };

const backend = "reference-backend";

/** Packages that only some folders may load, and why. */
const packageRules: readonly { packages: RegExp; folders: readonly string[]; why: string }[] = [
  {
    packages: /^(ink|react)($|\/|-)/,
    folders: ["dashboard"],
    why: "loaded only when a dashboard opens",
  },
  {
    packages: /^commander$/,
    folders: ["commands", "program.ts"],
    why: "flags don't leak below commands",
  },
];

interface Import {
  readonly file: string;
  /** Folder below src/, or the file's name when it lies in src/ itself. */
  readonly from: string;
  readonly specifier: string;
  /** The same of what is imported; undefined for a package. */
  readonly to: string | undefined;
}

function brokenRule(found: Import): string | undefined {
  if (found.to === undefined) return brokenPackageRule(found);
  if (found.from === found.to) return undefined;
  if (found.from === backend) return "the reference backend imports nothing of the tool";
  if (found.to === backend) return "the tool reaches the reference backend over the network only";
  if (views.folders.includes(found.to)) {
    return rank(found.from) >= rank("runner") ? undefined : "views are for the runner and commands";
  }
  const ceiling = views.folders.includes(found.from) ? views.seeUpTo : found.from;
  if (rank(found.to) <= rank(ceiling)) return undefined;
  return ceiling === found.from ? "imports point down only" : "views see what is recorded only";
}

function brokenPackageRule({ specifier, from }: Import): string | undefined {
  const rule = packageRules.find(({ packages }) => packages.test(specifier));
  return rule === undefined || rule.folders.includes(from) ? undefined : rule.why;
}

function rank(folder: string): number {
  const index = layers.findIndex((layer) => layer.includes(folder));
  if (index === -1) throw new Error(`src/${folder} has no layer: name it in test/layers.test.ts`);
  return index;
}

function importsOf(file: string, text: string): readonly Import[] {
  return specifiersOf(text).map((specifier) => {
    const to = specifier.startsWith(".")
      ? areaOf(normalize(join(dirname(file), specifier)))
      : undefined;
    return { file, from: areaOf(file), specifier, to };
  });
}

/** `src/load/plan.ts` lies in `load`, `src/main.ts` in `main.ts`. */
function areaOf(file: string): string {
  const parts = file.split("/");
  return parts[0] === "src" ? (parts[1] ?? "") : (parts[0] ?? "");
}

interface Picture {
  readonly layers: readonly (readonly string[])[];
  /** What is drawn to the right of a layer, and that layer's first folder. */
  readonly views: { readonly folders: readonly string[]; readonly beside: string } | undefined;
  readonly alone: string | undefined;
}

/** Reads the drawing below "## Layers": one layer a line, `a, b ← c` for views, `a (why)` for what stands alone. */
function pictureOf(page: string): Picture {
  const drawing = /\n## Layers\n[\s\S]*?```text\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const lines = drawing
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "↓");
  const names = (text: string) => text.split(",").map((name) => name.trim());
  const stacked = lines.filter((line) => !line.includes("("));
  const [left = "", right] = stacked.find((line) => line.includes("←"))?.split("←") ?? [];
  const views = right && { folders: names(right), beside: names(left)[0] ?? "" };
  return {
    layers: stacked.map((line) => names(line.split("←")[0] ?? "")),
    views: views || undefined,
    alone: lines.find((line) => line.includes("("))?.split(" ")[0],
  };
}

function isTestCode(file: string): boolean {
  return /\.test\.tsx?$/.test(file);
}

describe("layers", () => {
  const root = join(import.meta.dirname, "..");
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !isTestCode(name))
    .map((name) => join("src", name));

  test("finds every import of the source pointing down", () => {
    const imports = files.flatMap((file) =>
      importsOf(file, readFileSync(join(root, file), "utf8")),
    );
    expect(imports.length).toBeGreaterThan(files.length);
    const broken = imports.flatMap((found) => {
      const rule = brokenRule(found);
      return rule === undefined ? [] : [`${found.file} imports ${found.specifier}: ${rule}`];
    });
    expect(broken).toEqual([]);
  });

  test.each([
    ["src/metrics/a.ts", `import { up } from "../runner/b.ts";`, "imports point down only"],
    [
      "src/load/a.ts",
      `import type {\n  Up,\n} from "../commands/b.ts";`,
      "imports point down only",
    ],
    ["src/runner/a.ts", `const b = await import("../program.ts");`, "imports point down only"],
    [`src/${backend}/a.ts`, `import "../hunt-error.ts";`, "imports nothing of the tool"],
    ["src/lanes/a.ts", `export { b } from "../${backend}/b.ts";`, "over the network only"],
    ["src/reporting/a.ts", `import { b } from "../load/b.ts";`, "views see"],
    ["src/runner/a.ts", `import { Box } from "ink";`, "only when a dashboard opens"],
    ["src/runner/a.ts", `import { Command } from "commander";`, "flags don't leak"],
  ])("refuses in %s: %s", (file, text, reason) => {
    const [found] = importsOf(file, text);
    expect(found && brokenRule(found)).toContain(reason);
  });

  test("reads no import out of a comment", () => {
    expect(importsOf("src/load/a.ts", `/* import { b } from "../main.ts" */\n// from "x"`)).toEqual(
      [],
    );
  });
});

describe("docs/architecture.md", () => {
  const root = join(import.meta.dirname, "..");
  const page = readFileSync(join(root, "docs", "architecture.md"), "utf8");
  const entries = readdirSync(join(root, "src"), { withFileTypes: true }).filter(
    ({ name }) => !isTestCode(name),
  );
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);

  test("the layers name all that lies in src/, and nothing else", () => {
    const named = [...layers.flat(), ...views.folders, backend];
    expect(named.sort()).toEqual(entries.map(({ name }) => name).sort());
  });

  test("its picture shows each layer, highest first, the views and the backend", () => {
    expect(pictureOf(page)).toEqual({
      layers: [...layers].reverse(),
      views: { folders: views.folders, beside: views.seeUpTo },
      alone: backend,
    });
  });

  test("its table has a row for each folder of src/, and for no other", () => {
    const table = page.slice(0, page.indexOf("## Layers"));
    const rows = [...table.matchAll(/`src\/([a-z-]+)\/`/g)].map((match) => match[1]);
    expect(rows.sort()).toEqual([...folders].sort());
  });

  test("a picture without a folder is found out", () => {
    const { layers: drawn } = pictureOf(page.replace("runtime, engines", "engines"));
    expect(drawn).not.toEqual([...layers].reverse());
  });
});
