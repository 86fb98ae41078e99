import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

test("the list of commands loads commander and declarations, and no command's handler", () => {
  const root = join(import.meta.dirname, "../..");
  const script = `
    const { registerHooks } = await import("node:module");
    const seen = new Set();
    registerHooks({ resolve(name, context, next) {
      const found = next(name, context);
      seen.add(found.url);
      return found;
    } });
    await import(process.argv[1]);
    console.log(JSON.stringify([...seen]));`;
  const out = execFileSync(
    process.execPath,
    [
      ...["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script],
      join(root, "src/program.ts"),
    ],
    { encoding: "utf8" },
  );
  const seen = JSON.parse(out) as string[];
  const packages = seen.flatMap((url) => /\/node_modules\/([^/]+)\//.exec(url)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(["commander"]);

  const declared = seen.filter((url) => url.endsWith("-command.ts"));
  expect(declared).toContain(pathToFileURL(join(root, "src/commands/bench/bench-command.ts")).href);
  const handlers = declared.map((url) => url.replace("-command.ts", ".ts"));
  expect(seen.filter((url) => handlers.includes(url))).toEqual([]);
});
