/**
 * What all lanes share names the parts of none: these words stand there in examples only, that is in backticks of a
 * comment or as `sessions.dig`, and in the reader of version 1, which knew one lane.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "src");
const general = [
  ...["runner", "verdict", "recording", "load", "checkers"],
  ...["dashboard", "reporting", "runtime", "topology", "metrics"],
];
const readerOfVersion1 = "recording/version-1.ts";
const words = /\b(?:etcd|gateway|dig|raft)\b/i;

/** The lines that name a part of a lane. */
function offending(text: string): readonly string[] {
  return text.split("\n").filter((line) => {
    const isComment = /^\s*(?:\/\*|\*|\/\/)/.test(line) || /\/\*\*.*\*\/\s*$/.test(line);
    const told = isComment ? line.replaceAll(/`[^`]*`/g, "") : line;
    return words.test(told.replaceAll(/\bsessions\.dig[\w./-]*/g, ""));
  });
}

test.each(general)("src/%s names no part of a lane", (folder) => {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name));
  expect(files.length).toBeGreaterThan(0);
  const found = files
    .filter((file) => file !== readerOfVersion1)
    .flatMap((file) =>
      offending(readFileSync(join(root, file), "utf8")).map((line) => `${file}: ${line.trim()}`),
    );
  expect(found).toEqual([]);
});

test("a word in code or in a sentence is found, an example is none", () => {
  expect(offending('const kind = "etcd";\n/** Every gateway. */\n// Raft, `etcd/1`.')).toHaveLength(
    3,
  );
  expect(offending('/** As `etcd/1`. */\nconst hint = "sessions.dig.p99 < 20ms";')).toEqual([]);
});
