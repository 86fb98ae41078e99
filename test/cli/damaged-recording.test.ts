/** The table of docs/run-folder.md, "Damage": what each kind means for `hunt verdict` and `hunt report`. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { hunt, type RecordedRun, recordedRun } from "../fixtures/recorded-run.ts";

const garbage = Buffer.from(Array.from({ length: 200 }, (_, index) => (index * 97 + 131) % 256));

/** Overwrites 200 bytes in the middle. */
function garble(content: Buffer): Buffer {
  const copy = Buffer.from(content);
  garbage.copy(copy, Math.floor(copy.length / 2));
  return copy;
}

function lineInTheMiddle(text: string): (content: Buffer) => Buffer {
  return (content) => {
    const at = content.indexOf("\n", Math.floor(content.length / 2)) + 1;
    return Buffer.concat([content.subarray(0, at), Buffer.from(text), content.subarray(at)]);
  };
}

test("the undamaged recording passes", async () => {
  const { cwd } = recordedRun();
  const { exitCode, out } = await hunt(cwd, ["verdict", "last"]);
  expect(out).toContain("Verdict: pass (exit code 0)");
  expect(exitCode).toBe(0);
});

type Damage = readonly [string, (run: RecordedRun) => void, RegExp];

/** Evidence is gone: could not tell, with a reason that names the file. */
const inconclusive: readonly Damage[] = [
  [
    "a timeline that ends within a line",
    cutWithinALine("timeline.ndjson"),
    /timeline\.ndjson: the last line is cut off/,
  ],
  [
    "garbage in the timeline",
    (run) => run.change("timeline.ndjson", garble),
    /timeline\.ndjson: (\d+ lines were|line \d+ was) left out/,
  ],
  ["no timeline", (run) => rmSync(run.file("timeline.ndjson")), /timeline\.ndjson is missing/],
  ["no histograms", (run) => rmSync(run.file("latency.hlog")), /latency\.hlog is missing/],
  [
    "garbage in the histograms",
    (run) => run.change("latency.hlog", garble),
    /latency\.hlog: (\d+ lines were|line \d+ was) left out/,
  ],
  [
    "half a record at the end of the ledger",
    (run) => run.change("ledger.bin", (content) => content.subarray(0, -60)),
    /ledger\.bin is cut off in the middle of a record/,
  ],
  [
    "a ledger that was not closed",
    (run) => run.change("ledger.bin", (content) => content.subarray(0, -40)),
    /ledger\.bin is partial: it was not closed/,
  ],
  [
    "garbage in the ledger",
    (run) => run.change("ledger.bin", garble),
    /ledger\.bin holds \d+ records of no known type/,
  ],
  [
    "an empty ledger",
    (run) => run.change("ledger.bin", () => Buffer.alloc(0)),
    /ledger\.bin is not a ledger/,
  ],
  ["no ledger", (run) => rmSync(run.file("ledger.bin")), /ledger\.bin is missing/],
  [
    "no final reads",
    (run) => rmSync(run.file("observed.bin")),
    /observed\.bin is missing: the final reads were not made/,
  ],
  [
    "final reads that end within a record",
    (run) => run.change("observed.bin", (content) => content.subarray(0, -9)),
    /observed\.bin is cut off/,
  ],
  [
    "fewer final reads than sessions",
    (run) => run.change("observed.bin", (content) => content.subarray(0, -28)),
    /1 sessions were not read after the run/,
  ],
  [
    "garbage in the final reads",
    (run) => run.change("observed.bin", garble),
    /observed\.bin holds \d+ records that are no observations/,
  ],
  [
    "a folder in the place of the timeline",
    folderInPlaceOf("timeline.ndjson"),
    /timeline\.ndjson cannot be read: EISDIR/,
  ],
  [
    "a folder in the place of the ledger",
    folderInPlaceOf("ledger.bin"),
    /ledger\.bin cannot be read: EISDIR/,
  ],
];

function cutWithinALine(name: string): (run: RecordedRun) => void {
  return (run) => run.change(name, (content) => content.subarray(0, -20));
}

function folderInPlaceOf(name: string): (run: RecordedRun) => void {
  return (run) => {
    rmSync(run.file(name));
    mkdirSync(run.file(name));
  };
}

describe("damage that takes evidence away", () => {
  test.each(inconclusive)(
    "%s is inconclusive, and the file is named",
    async (_, damage, reason) => {
      const run = recordedRun();
      damage(run);
      const { exitCode, out } = await hunt(run.cwd, ["verdict", "last"]);
      expect(out.replaceAll(/\s+/g, " ")).toMatch(reason);
      expect(out).toContain("Verdict: inconclusive (exit code 4)");
      expect(exitCode).toBe(4);
      const report = await hunt(run.cwd, ["report", "last"]);
      expect(report).toMatchObject({ exitCode: 0, err: "" });
      expect(report.out).toContain("Verdict: inconclusive (exit code 4)");
      expect([...report.out].filter((each) => each < " " && each !== "\n")).toEqual([]);
    },
  );

  test("a budget that is not met on half a file is no breach", async () => {
    const run = recordedRun();
    rmSync(run.file("latency.hlog"));
    const { out } = await hunt(run.cwd, ["verdict", "last"]);
    expect(out).toMatch(/sessions\.dig\.p50 < 50ms @steady +INCONCLUSIVE/);
    expect(out).toMatch(/sessions\.dig\.errorRate < 1% +HELD/);
  });

  test("a file that may not be read is named, and is inconclusive", async () => {
    const run = recordedRun();
    chmodSync(run.file("latency.hlog"), 0o000);
    // The checkout may be where nobody else can read: what hunt reads of it goes along.
    copyFileSync("package.json", join(run.cwd, "package.json"));
    await asSomebodyElse(run, async () => {
      const { exitCode, out } = await hunt(run.cwd, ["verdict", "last"], 0, run.cwd);
      expect(out).toContain("latency.hlog cannot be read: EACCES");
      expect(exitCode).toBe(4);
    });
  });
});

/** Permissions don't bind root. */
async function asSomebodyElse(run: RecordedRun, act: () => Promise<void>): Promise<void> {
  const { getuid, seteuid } = process;
  if (getuid === undefined || seteuid === undefined) throw new Error("this test needs POSIX users");
  if (getuid() !== 0) return act();
  for (
    let path = run.cwd;
    statSync(path).uid === 0 && path !== dirname(path);
    path = dirname(path)
  ) {
    if ((statSync(path).mode & 0o005) !== 0o005) chmodSync(path, 0o755);
  }
  // Loads what is loaded late while it may still be read.
  await hunt(run.cwd, ["verdict", "last"]);
  const nobody = 65_534;
  seteuid(nobody);
  onTestFinished(() => seteuid(0));
  try {
    await act();
  } finally {
    seteuid(0);
  }
}

describe("run.json", () => {
  test.each<Damage>([
    ["is missing", (run) => rmSync(run.file("run.json")), /run\.json .* it is missing/],
    [
      "ends too early",
      (run) => run.change("run.json", (content) => content.subarray(0, 900)),
      /it is not JSON, or was cut off/,
    ],
    [
      "lacks the seed",
      (run) => edit(run, (document) => ({ ...document, seed: undefined })),
      /it is not what hunt writes: seed/,
    ],
    ["is a folder", folderInPlaceOf("run.json"), /it cannot be read: EISDIR/],
  ])("that %s ends with 4, and what is left is said", async (_, damage, message) => {
    const run = recordedRun();
    damage(run);
    for (const command of ["verdict", "report"]) {
      const { exitCode, err, out } = await hunt(run.cwd, [command, "last"]);
      expect(err).toMatch(message);
      expect(err).toMatch(/Still there: .*ledger\.bin.*timeline\.ndjson/);
      expect(err).toContain("At the end of the run the verdict in summary.json was: pass.");
      expect([exitCode, out]).toEqual([4, ""]);
    }
  });

  test("of a newer hunt ends with 2, and nothing is guessed", async () => {
    const run = recordedRun();
    edit(run, (document) => ({ ...document, schemaVersion: 7 }));
    for (const command of ["verdict", "report"]) {
      const { exitCode, err, out } = await hunt(run.cwd, [command, "last"]);
      expect(err).toContain("was made by a newer hunt (schema 7, this one reads 2)");
      expect([exitCode, out]).toEqual([2, ""]);
    }
  });

  test("in a folder that is no run ends with 2", async () => {
    const run = recordedRun();
    mkdirSync(`${run.cwd}/reports/zzz`);
    const { exitCode, err } = await hunt(run.cwd, ["report", "zzz"]);
    expect(err).toContain("is not a run folder: run.json: it is missing");
    expect(exitCode).toBe(2);
  });
});

function edit(run: RecordedRun, change: (document: Record<string, unknown>) => unknown): void {
  const document: Record<string, unknown> = JSON.parse(readFileSync(run.file("run.json"), "utf8"));
  writeFileSync(run.file("run.json"), JSON.stringify(change(document)));
}

describe("damage that takes nothing away", () => {
  test("a damaged or missing summary changes nothing: it is made again", async () => {
    const run = recordedRun();
    run.change("summary.json", garble);
    expect((await hunt(run.cwd, ["verdict", "last"])).exitCode).toBe(0);
    rmSync(run.file("summary.json"));
    expect((await hunt(run.cwd, ["verdict", "last"])).exitCode).toBe(0);
  });

  test("an event of a kind that this hunt does not know is a note", async () => {
    const run = recordedRun();
    run.change("timeline.ndjson", lineInTheMiddle('{"t":3,"kind":"eclipse","of":"moon"}\n'));
    const { exitCode, out } = await hunt(run.cwd, ["verdict", "last"]);
    expect(exitCode).toBe(0);
    expect(out.replaceAll(/\s+/g, " ")).toContain(
      'note: timeline.ndjson: 1 events of the unknown kind "eclipse" were skipped.',
    );
  });
});

describe("a run without an end", () => {
  function unended(): { run: RecordedRun; writtenMs: number } {
    const run = recordedRun();
    run.change("timeline.ndjson", (content) => content.subarray(0, content.length - 10_007));
    run.change("ledger.bin", (content) => content.subarray(0, -4_020));
    rmSync(run.file("observed.bin"));
    rmSync(run.file("summary.json"));
    edit(run, (document) => ({ ...document, state: { kind: "running" } }));
    return { run, writtenMs: statSync(run.file("run.json")).mtimeMs };
  }

  test("is still being written when its files are young: a report of what there is", async () => {
    const { run, writtenMs } = unended();
    const { exitCode, out, err } = await hunt(run.cwd, ["report", "last"], writtenMs + 2_000);
    expect(err).toContain("is still being written");
    expect(out.replaceAll(/\s+/g, " ")).toMatch(
      /the run is still being written; this is what there is of it after \d+ s of load/,
    );
    expect(out).not.toContain("the last line is cut off");
    expect(out).toMatch(/dig +\d{2,} /);
    expect(exitCode).toBe(0);
    const verdict = await hunt(run.cwd, ["verdict", "last"], writtenMs + 2_000);
    expect(verdict.exitCode).toBe(4);
  });

  test("was killed when nobody has written to it for a while", async () => {
    const { run, writtenMs } = unended();
    const { exitCode, out, err } = await hunt(run.cwd, ["verdict", "last"], writtenMs + 60_000);
    expect(err).toBe("");
    expect(out).toContain("(cut-off): hunt ended before it could close");
    expect(out.replaceAll(/\s+/g, " ")).toContain("timeline.ndjson: the last line is cut off");
    expect(exitCode).toBe(4);
  });
});
