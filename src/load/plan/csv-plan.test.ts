import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { HuntError } from "../../hunt-error.ts";
import { recordedCurveLines } from "../recorded/recorded-curve.ts";
import { planFromCsv, readCsvPlan } from "./csv-plan.ts";
import { integrate, peak } from "./curve.ts";
import type { LoadPlan } from "./load-plan.ts";
import { planned } from "./planned.ts";
import { checkPlan } from "./validate-plan.ts";

const base: LoadPlan = {
  seed: 1,
  durationS: 10,
  players: [[0, 700]],
  rate: [
    [0, 0],
    [10, 100],
  ],
  readRatio: 0.25,
  skew: 1,
  mix: { dig_started: 30, tiles_revealed: 50, loot_claimed: 20 },
  timeoutMs: 5_000,
};

const anHour: LoadPlan = { ...base, durationS: 60, rate: [[0, 1000]] };

function fromText(text: string, plan: LoadPlan = base) {
  return planFromCsv(Buffer.from(text), "traffic.csv", plan);
}

function problemOf(text: string): string {
  try {
    fromText(text);
  } catch (error) {
    if (error instanceof HuntError && error.exitCode === 2) return error.message;
    throw error;
  }
  return "";
}

/** One row a minute from midnight. */
function minutes(values: readonly number[]): string {
  const rows = values.map((value, index) => {
    const at = new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString();
    return `${at.slice(0, 19).replace("T", " ")},${value}`;
  });
  return `timestamp,value\n${rows.join("\n")}\n`;
}

function peakToMean({ rate, durationS }: LoadPlan): number {
  return peak(rate) / (integrate(rate, 0, durationS) / durationS);
}

describe("the shape of recorded traffic", () => {
  test("is played over the length and up to the peaks of the plan that it replaces", () => {
    const { plan, recorded } = fromText(
      `timestamp,value
2015-02-26 21:00:00,0
2015-02-26 21:05:00,50
2015-02-26 21:10:00,200
2015-02-26 21:15:00,50
2015-02-26 21:20:00,0
`,
    );
    checkPlan(plan, "test");
    expect(plan.durationS).toBe(10);
    expect(plan.rate).toEqual([
      [0, 0],
      [2.5, 25],
      [5, 100],
      [7.5, 25],
      [10, 0],
    ]);
    expect(planned(plan, 0).players).toBe(700);
    expect(recorded.cells).toBeUndefined();
    expect(recordedCurveLines(recorded)).toEqual([
      "plan traffic.csv: 5 rows over 20 minutes; time from column 1 (timestamp), rate from column 2 (value)",
      "plan traffic.csv: its peak is 2.7 times its mean, and each row is played",
    ]);
  });

  test("keeps a peak of one minute in a day, for a whole second, beside the rate of all others", () => {
    const day = Array.from({ length: 1441 }, (_, minute) => (minute === 720 ? 1000 : 100));
    const { plan, recorded } = fromText(minutes(day), anHour);
    checkPlan(plan, "test");
    const seconds = Array.from({ length: 60 }, (_, second) => planned(plan, second).digs);
    expect(Math.max(...seconds)).toBeCloseTo(1000, 6);
    expect(seconds.filter((digs) => Math.abs(digs - 100) < 1e-6)).toHaveLength(59);
    expect(recorded.recordedPeakToMean).toBeCloseTo(9.94, 2);
    expect(recorded.playedPeakToMean).toBeCloseTo(8.7, 1);
    expect(recorded.playedPeakToMean).toBeCloseTo(peakToMean(plan), 9);
    expect(recordedCurveLines(recorded).slice(1)).toEqual([
      "plan traffic.csv: its peak is 9.9 times its mean, and 8.7 times as played in 60 s; kept peaks add 14 % to the load",
      "plan traffic.csv: about 24 rows fall into each second; 1 of them keep their highest row, at least half the peak, and the rest have their mean. Play it longer, or a part of it, to lose less",
    ]);
  });

  test("keeps a second peak of more than half the first, and a peak in the last row", () => {
    const day = Array.from({ length: 1441 }, () => 100);
    day[300] = 600;
    day[1440] = 1000;
    const { plan } = fromText(minutes(day), anHour);
    expect(planned(plan, 12).digs).toBeCloseTo(600, 6);
    expect(planned(plan, 59).digs).toBeCloseTo(1000, 6);
  });

  test("keeps its total where no second has a peak, though rows lie unevenly", () => {
    const lines = minutes([...Array.from({ length: 600 }, (_, minute) => minute), 5_000]).split(
      "\n",
    );
    const uneven = lines.filter((_, line) => line < 20 || line % 3 === 0 || line === 601);
    const { plan, recorded } = fromText(uneven.join("\n"), anHour);
    expect(recorded.cells).toEqual({ cellS: 1, withPeak: 1 });
    // A minute is 0.1 s and its value its own number: the rate grows by 10 per second, and 5,000 is 1,000.
    expect(integrate(plan.rate, 0, 59)).toBeCloseTo((((590 / 2) * 59) / 5_000) * 1_000, -2);
    expect(planned(plan, 40).digs).toBeCloseTo((404 / 5_000) * 1_000, -1);
  });

  test("has a point for each row of one per second", () => {
    const { plan, recorded } = fromText(minutes(Array.from({ length: 61 }, (_, i) => i)), anHour);
    expect(recorded.cells).toBeUndefined();
    expect(plan.rate).toHaveLength(61);
  });

  test("fits into a plan of a day, in a time that an operator waits", () => {
    const day = { ...base, durationS: 86_400 };
    const { plan, recorded } = fromText(minutes(Array.from({ length: 90_000 }, (_, i) => i)), day);
    checkPlan(plan, "test");
    expect(recorded.cells?.cellS).toBe(2);
    expect(planned(plan, 86_399).digs).toBeCloseTo(100, 1);
  });

  test.each([
    ["mentions-aapl.csv", 32.9, 22.6],
    ["load-balancer-requests.csv", 9.4, 8.2],
  ])("of a real day is played with its peak: %s", async (name, recordedRatio, playedRatio) => {
    const file = fileURLToPath(new URL(`../../../test/fixtures/traffic/${name}`, import.meta.url));
    const { plan, recorded } = await readCsvPlan(file, anHour);
    checkPlan(plan, "test");
    expect(recorded).toMatchObject({ rows: 288, file: name, spanS: 287 * 300 });
    expect(recorded.recordedPeakToMean).toBeCloseTo(recordedRatio, 1);
    expect(recorded.playedPeakToMean).toBeCloseTo(playedRatio, 1);
    const seconds = Array.from({ length: 60 }, (_, second) => planned(plan, second).digs);
    expect(Math.max(...seconds)).toBeCloseTo(1000, 6);
  });
});

const rate = [
  [0, 50],
  [10, 100],
];

describe("a file as people export it is read", () => {
  test.each([
    ["without a header", "2026-01-01 10:00:00,5\n2026-01-01 10:05:00,10\n"],
    ["in quotes", '"timestamp","value"\n"2026-01-01 10:00:00","5"\n"2026-01-01 10:05:00","10"\n'],
    ["with semicolons", "timestamp;value\n2026-01-01 10:00:00;5\n2026-01-01 10:05:00;10\n"],
    ["with tabs", "timestamp\tvalue\n2026-01-01 10:00:00\t5\n2026-01-01 10:05:00\t10\n"],
    ["with the separator named", "sep=;\ntime;rate\n2026-01-01 10:00;5\n2026-01-01 10:05;10\n"],
    [
      "with byte order mark, CRLF, comments and empty lines",
      "\ufeff# from the balancer\r\ntimestamp,value\r\n2026-01-01 10:00:00,5\r\n\r\n2026-01-01 10:05:00,10\r\n\r\n,\r\n",
    ],
    ["with RFC 3339 times", "2026-01-01T10:00:00Z,5\n2026-01-01T12:05:00.000+02:00,10\n"],
    ["by the day", "day,value\n2026-01-01,5\n2026-01-02,10\n"],
    ["in epoch seconds", "time,value\n1767261600,5\n1767261900.5,10\n"],
    ["in epoch milliseconds", "1767261600000,5\n1767261900000,10\n"],
    ["in epoch microseconds", "1767261600000000,5\n1767261900000000,10\n"],
    [
      "with more columns",
      'host,@timestamp,latency,Requests\n"a,\nb",2026-01-01 10:00,1,5\nb,2026-01-01 10:05,1,10\n',
    ],
    ["with a header of other words", "Zeit;Anrufe\n2026-01-01 10:00;5\n2026-01-01 10:05;10\n"],
    ["with exponents", "2026-01-01 10:00,5e2\n2026-01-01 10:05,1.0E3\n"],
    ["newest first", "2026-01-01 10:05,10\n2026-01-01 10:00,5\n"],
    ["with thousands in quotes", '2026-01-01 10:00,"1,440"\n2026-01-01 10:05,"2,880"\n'],
    ["with a decimal comma", "2026-01-01 10:00;1.440,5\n2026-01-01 10:05;2.881,0\n"],
    ["with spaces between thousands", "2026-01-01 10:00;1\u00a0440,5\n2026-01-01 10:05;2 881\n"],
  ])("%s", (_, text) => {
    expect(fromText(text).plan.rate).toEqual(rate);
  });

  test("in UTF-16 with tabs, as spreadsheets save Unicode text", () => {
    const text = "\ufefftime\tvalue\r\n2026-01-01 10:00\t5\r\n2026-01-01 10:05\t10\r\n";
    expect(planFromCsv(Buffer.from(text, "utf16le"), "t.csv", base).plan.rate).toEqual(rate);
  });

  test("over the change of clocks, by its offsets", () => {
    const rows = ["01:30:00+02:00,0", "02:30:00+02:00,10", "02:30:00+01:00,20", "03:30:00+01:00,0"];
    const { plan } = fromText(rows.map((row) => `2026-10-25T${row}`).join("\n"), {
      ...base,
      durationS: 3,
    });
    expect(plan.rate.map(([atS]) => atS)).toEqual([0, 1, 2, 3]);
  });

  test("and says which columns it took, and that it was read from its end", () => {
    const text = "hits,errors,Time (UTC)\n10,0,2026-01-01 10:05\n5,0,2026-01-01 10:00\n";
    expect(recordedCurveLines(fromText(text).recorded)[0]).toBe(
      "plan traffic.csv: 2 rows over 5 minutes, newest first; time from column 3 (Time (UTC)), rate from column 1 (hits)",
    );
  });
});

describe("a file that is no traffic is refused by line", () => {
  const head = "timestamp,value\n2026-01-01 10:00:00,1\n";
  test.each([
    ["", "it is empty: at least two rows"],
    ["timestamp,value\n", "at least two rows with different times are needed, got 0"],
    [head, "at least two rows with different times are needed, got 1"],
    ["timestamp\n2026-01-01 10:00:00\n", "line 1: expected a time and a value"],
    [
      `${head}2026-02-30 10:00:00,1\n`,
      'line 3: the time in column 1 (timestamp) can\'t be read, got "2026-02-30 10:00:00": no calendar has that day',
    ],
    [`${head}2026-02-20 24:00:00,1\n`, "expected a time of day from 00:00:00 to 23:59:59"],
    [`${head}yesterday,1\n`, 'got "yesterday": expected YYYY-MM-DD hh:mm:ss'],
    [
      `${head}20260102,1\n`,
      'line 3: the time in column 1 (timestamp) can\'t be read, got "20260102"',
    ],
    ["2026010210,1\n2026010211,2\n", "line 1: the time in column 1 can't be read"],
    [`${head}2026-01-01T10:05:00+25:00,1\n`, "expected an offset from -23:59 to +23:59"],
    [
      `${head}2026-01-01T10:05:00Z,1\n`,
      "line 3: the time is with an offset and that of line 2 is without an offset",
    ],
    [
      "1767261600,1\n1767261660000,1\n",
      "line 2: the time is in milliseconds and that of line 1 is in seconds",
    ],
    [
      `${head}2026-01-01 10:05:00,0x10\n`,
      'line 3: the value must be a number of at least 0, got "0x10"',
    ],
    [
      `${head}2026-01-01 10:05:00,-1\n`,
      'line 3: the value must be a number of at least 0, got "-1"',
    ],
    [`${head}2026-01-01 10:05:00,NaN\n`, 'got "NaN"'],
    [`${head}2026-01-01 10:05:00,Infinity\n`, 'got "Infinity"'],
    [`${head}2026-01-01 10:05:00,1e300\n`, "line 3: the value may be at most"],
    [`${head}2026-01-01 10:05:00,\n`, "line 3: column 2 (value) has no value"],
    [`${head}2026-01-01 10:05:00,94,5\n`, "line 3: expected 2 columns as in the first row, got 3"],
    [
      "2026-01-01 10:00;1,5\n2026-01-01 10:05;2.5\n",
      'line 2: line 1 writes decimals with a comma, so must this value, got "2.5"',
    ],
    [
      "2026-01-01 10:00;1.440\n2026-01-01 10:05;2\n",
      'line 1: the value "1.440" may be 1440 or 1.440',
    ],
    [`${head}2026-01-01 10:00:00,2\n`, 'line 3: "2026-01-01 10:00:00" is the time of line 2 too'],
    [
      "1767261600,1\n1767261600,1\n",
      'line 2: "1767261600" is the time of line 1 too; add up what has one time',
    ],
    [
      `${head}2026-01-03 10:00:00,2\n2026-01-02 10:00:00,2\n`,
      'line 4: "2026-01-02 10:00:00" follows "2026-01-03 10:00:00" of line 3, which is later; sort the rows by time',
    ],
    [`${head}2026-01-01 10:05:00,"2\n`, "line 3: a quote is opened and not closed"],
    [`${head}2026-01-01 10:05:00,2"5\n`, "line 3: expected a quote at the begin of a field only"],
    [
      `${head}2026-01-01 10:05:00,"2"5\n`,
      "line 3: expected the end of the field after its closing quote",
    ],
    ["2026-01-01 10:00,0\n2026-01-01 10:05,0\n", "every value is 0"],
    ["timestamp,value\n\0\0", "zero bytes"],
    ["PK\u0003\u0004", "a zip archive or a workbook"],
  ])("%j", (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  test("the same hour twice is explained as clocks that went back", () => {
    const quarters = ["02:30", "02:45", "02:00", "02:15", "02:30", "03:00"];
    const message = problemOf(quarters.map((at) => `2026-10-25 ${at},1`).join("\n"));
    expect(message).toContain(
      'line 3: "2026-10-25 02:00" follows "2026-10-25 02:45" of line 2, which is later; when clocks go back in autumn, an hour is there twice: export times with offsets or in UTC',
    );
    expect(message.split("\n  - ")).toHaveLength(2);
  });

  test("ten lines at most, with those that follow counted or left unread", () => {
    const broken = Array.from({ length: 30 }, (_, index) => `2026-01-01 10:${index + 10},x`);
    const message = problemOf(`timestamp,value\n${broken.join("\n")}`);
    expect(message.split("\n  - ").length).toBeLessThanOrEqual(12);
    expect(message).toContain("20 more lines");
  });

  test("when it has more rows or bytes than hunt holds", async () => {
    const rows = Buffer.from(minutes([1, 2, 3]));
    expect(() => planFromCsv(rows, "t.csv", base, 2)).toThrow(
      "line 4: a recording may have 2 rows, got more",
    );
    const folder = mkdtempSync(join(tmpdir(), "csv-plan-"));
    const file = join(folder, "large.csv");
    try {
      writeFileSync(file, Buffer.alloc(64 * 1024 * 1024 + 1, "1"));
      await expect(readCsvPlan(file, base)).rejects.toThrow(
        "a recording may have 64 MiB, got more",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    await expect(readCsvPlan(tmpdir(), base)).rejects.toThrow("can't be read");
  });
});
