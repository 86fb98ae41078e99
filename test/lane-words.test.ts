/** What judges, records and shows a run knows of no lane: what a lane is called and made of is data in run.json. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const src = join(import.meta.dirname, "../src");
const words = /\b(etcd|gateway|dig|raft)\b/i;
/** An example says that it is one. */
const isExample = /such as|for example/i;
/** Reads what knew one lane. */
const readerOfVersion1 = "version-1.ts";

function sourcesIn(folder: string): string[] {
  return readdirSync(join(src, folder), { recursive: true, encoding: "utf8" })
    .filter(
      (path) =>
        /\.tsx?$/.test(path) && !path.includes(".test.") && !path.endsWith(readerOfVersion1),
    )
    .map((path) => join(folder, path));
}

test.each(["verdict", "recording", "reporting", "dashboard"])(
  "nothing in %s names what one lane is made of",
  (folder) => {
    const found = sourcesIn(folder).flatMap((path) =>
      readFileSync(join(src, path), "utf8")
        .split("\n")
        .filter((line) => words.test(line) && !isExample.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  },
);
