import { expect, test } from "vitest";
import { asciiGlyphs, plotAxis, plotLines, unicodeGlyphs } from "./text-plot.ts";

const size = { columns: 40, rows: 4 };
const drawn = (lines: readonly string[]) => `\n${lines.join("\n")}\n`;

test("a second without a measurement stays blank, also the first, and one alone is drawn", () => {
  const values = [null, null, 1, 2, 3, 4, null, null, 2, null, 4, 4];
  expect(
    drawn(plotLines({ title: "rate, 1/s", values }, size, unicodeGlyphs)),
  ).toMatchInlineSnapshot(`
    "
    rate, 1/s
           4┤          ╭─        ────
           3┤        ╭─╯
           2┤      ╭─╯       ──
           1┤    ──╯
           0┤
    "
  `);
});

test("decades stand at equal distances, and a limit is dashed where it holds", () => {
  const values = [10, 10, 10, 10, 1000, 1000, 100, 10, 10, 10];
  const limit = [null, null, null, null, null, null, 40, 40, 40, 40];
  const plot = { title: "p99, ms", values, limit, log: true };
  expect(drawn(plotLines(plot, size, asciiGlyphs))).toMatchInlineSnapshot(`
    "
    p99, ms
        1000|            /_____\\
         316|            |     |
         100|            |     \\__\\
        31.6|            |     ---|--------
          10|____________/        \\________
    "
  `);
});

test("a run longer than the plot shows the highest of each column's seconds", () => {
  const values = Array.from({ length: 100 }, (_, second) => (second === 50 ? 40 : 1));
  expect(plotAxis(100, size)).toEqual({ columns: 25, secondsPerColumn: 4 });
  const lines = plotLines({ title: "p99", values }, size, unicodeGlyphs);
  expect(lines[1]).toBe(`      40┤${" ".repeat(12)}╭╮`);
});

test("what is 0 all the time is one line, and what was never measured says so", () => {
  const plot = (values: (number | null)[]) =>
    plotLines({ title: "t", values, log: true }, size, asciiGlyphs);
  expect(plot([0, 0, 0])).toEqual(["t", `       0|${"_".repeat(12)}`]);
  expect(plot([null, null])).toEqual(["t", "         not measured"]);
});
