import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hunt, type RecordedRun, recordedRun } from "../fixtures/recorded-run.ts";

function verify(run: RecordedRun, ...flags: string[]) {
  return hunt(run.cwd, ["verify", "last", ...flags], 0, undefined, true);
}

/** Writes other fields over those of `run.json`. */
function rewrite(run: RecordedRun, fields: object): void {
  const document: unknown = JSON.parse(readFileSync(run.file("run.json"), "utf8"));
  writeFileSync(run.file("run.json"), JSON.stringify({ ...Object(document), ...fields }));
}

describe("hunt verify", () => {
  test("shows what was promised and what became of it", async () => {
    const { exitCode, out } = await verify(recordedRun());
    expect(exitCode).toBe(0);
    expect(out).toMatch(/nothing-acknowledged-is-lost: HELD \(\d+ operations checked\)/);
    expect(out).toContain("Every operation that was acknowledged is in the session's state");
    expect(out).toMatch(
      /sampled-sessions-are-linearizable: HELD \([1-9]\d* operations of \d+ sessions/,
    );
    expect(out).toContain("Verdict: pass (exit code 0)");
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("finds an acknowledged operation that is gone, whatever the summary says", async () => {
    const run = recordedRun();
    run.change("observed.bin", (content) => {
      content.writeUInt32LE(content.readUInt32LE(16 + 16) - 1, 16 + 16);
      return content;
    });
    rewrite(run, { replay: "hunt bench --scenario tiny --seed 7" });
    const { exitCode, out } = await verify(run);
    expect(out.replaceAll(/\s+/g, " ")).toContain(
      "To play the same plan again: hunt bench --scenario tiny --seed 7",
    );
    expect(out).toMatch(/nothing-acknowledged-is-lost: BROKEN \(.*, 1 violations\)/);
    expect(out).toMatch(/sampled-sessions-are-linearizable: BROKEN \([^)]*, 1 violations\)/);
    expect(exitCode).toBe(5);
    expect(JSON.parse((await verify(run, "--json")).out).verdict).toMatchObject({ exitCode: 5 });
  });

  test("leaves budgets out, which hunt verdict judges", async () => {
    const run = recordedRun();
    rewrite(run, { budgets: ["sessions.dig.p50 < 1us"] });
    expect((await hunt(run.cwd, ["verdict", "last"])).exitCode).toBe(99);
    const { exitCode, out } = await verify(run, "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ budgets: [], verdict: { outcome: "pass" } });
  });

  const damages: [string, (run: RecordedRun) => void, RegExp][] = [
    [
      "a ledger that was not closed",
      (run) => run.change("ledger.bin", (content) => content.subarray(0, -40)),
      /ledger\.bin is partial/,
    ],
    [
      "a ledger cut in a record",
      (run) => run.change("ledger.bin", (content) => content.subarray(0, -60)),
      /ledger\.bin is cut off/,
    ],
    [
      "a ledger of another version",
      (run) =>
        run.change("ledger.bin", (content) => {
          content.writeUInt32LE(9, 8);
          return content;
        }),
      /ledger\.bin has version 9/,
    ],
    ["no final reads", (run) => rmSync(run.file("observed.bin")), /observed\.bin is missing/],
    ["no timeline", (run) => rmSync(run.file("timeline.ndjson")), /timeline\.ndjson is missing/],
  ];
  test.each(damages)("cannot tell with %s", async (_, damage, words) => {
    const run = recordedRun();
    damage(run);
    const { exitCode, out } = await verify(run);
    expect(exitCode).toBe(4);
    expect(out.replaceAll(/\s+/g, " ")).toMatch(words);
  });

  test("refuses a recording of a newer hunt", async () => {
    const run = recordedRun();
    rewrite(run, { schemaVersion: 7 });
    const { exitCode, err } = await verify(run);
    expect(exitCode).toBe(2);
    expect(err).toContain("newer hunt");
  });
});
