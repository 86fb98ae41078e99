import { expect, test } from "vitest";
import { FrameWriter } from "./frame-writer.ts";

/** As much of a terminal as the writer uses: absolute places, erasing, text. */
class Screen {
  readonly rows: string[][];
  written = 0;
  #at = { row: 0, column: 0 };

  constructor(columns: number, rows: number) {
    this.rows = Array.from({ length: rows }, () => Array.from({ length: columns }, () => " "));
  }

  write(text: string): void {
    this.written += text.length;
    const [plain = "", ...controlled] = text.split("\u001b[");
    for (const character of plain) this.#put(character);
    for (const piece of controlled) {
      const [, csi = "", rest = ""] = /^([?\d;]*[A-Za-z])(.*)$/s.exec(piece) ?? [];
      this.#control(csi);
      for (const character of rest) this.#put(character);
    }
  }

  get lines(): string[] {
    return this.rows.map((row) => row.join(""));
  }

  #put(character: string): void {
    const row = this.rows[this.#at.row];
    if (row === undefined || this.#at.column >= row.length) throw new Error("beyond the screen");
    row[this.#at.column] = character;
    this.#at.column += 1;
  }

  #control(csi: string): void {
    const place = /^(?:(\d+);(\d+))?H$/.exec(csi);
    if (place !== null) {
      // As terminals do: a row that is not there is the last one.
      const row = Math.min(Number(place[1] ?? 1), this.rows.length) - 1;
      this.#at = { row, column: Number(place[2] ?? 1) - 1 };
    } else if (csi === "2J") for (const row of this.rows) row.fill(" ");
    else if (csi === "J") for (const row of this.rows.slice(this.#at.row)) row.fill(" ");
    else if (!/^\?2026[hl]$/.test(csi)) throw new Error(`not expected: ${csi}`);
  }
}

const size = { columns: 12, rows: 4 };
const frame = (...lines: string[]) => lines.map((line) => line.padEnd(size.columns));

test("shows each frame whole, writing only the lines that changed", () => {
  const screen = new Screen(size.columns, size.rows);
  const writer = new FrameWriter(screen);
  writer.show(frame("one", "two", "three", "four"), size);
  expect(screen.lines).toEqual(frame("one", "two", "three", "four"));
  const first = screen.written;
  writer.show(frame("one", "2", "three", "four"), size);
  expect(screen.lines).toEqual(frame("one", "2", "three", "four"));
  expect(screen.written - first).toBeLessThan(first / 2);
  const second = screen.written;
  writer.show(frame("one", "2", "three", "four"), size);
  expect(screen.written).toBe(second);
});

test("erases what is left of a longer frame", () => {
  const screen = new Screen(size.columns, size.rows);
  const writer = new FrameWriter(screen);
  writer.show(frame("one", "two", "three", "four"), size);
  writer.show(frame("one", "two"), size);
  expect(screen.lines).toEqual(frame("one", "two", "", ""));
});

test("writes everything anew after a resize, over whatever the terminal made of the old frame", () => {
  const writer = new FrameWriter({ write: (text) => now.write(text) });
  let now = new Screen(size.columns, size.rows);
  writer.show(frame("one", "two", "three", "four"), size);
  now = new Screen(8, 3);
  now.write("\u001b[1;1Hgarbage");
  writer.show(["one     ", "two     ", "three   "], { columns: 8, rows: 3 });
  expect(now.lines).toEqual(["one     ", "two     ", "three   "]);
});

test("mends within 40 frames what another program printed on the screen", () => {
  const screen = new Screen(size.columns, size.rows);
  const writer = new FrameWriter(screen);
  const lines = frame("one", "two", "three", "four");
  writer.show(lines, size);
  screen.write("\u001b[2;1Hwarning!");
  for (let count = 0; count < 40; count += 1) writer.show(lines, size);
  expect(screen.lines).toEqual(lines);
});
