import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Pasted, Screen } from "./dashboard-app.tsx";
import { asOneLine, keysIn } from "./keys-in.ts";
import { loadDashboard } from "./load-dashboard.ts";
import type { Key } from "./view-state.ts";

const text = (character: string): Key => ({ kind: "text", text: character });

/** What a terminal that sends these chunks, one after the other, presses on a screen. */
async function pressedBy(chunks: readonly (string | Buffer)[], count: number) {
  const pressed: (Key | Pasted)[] = [];
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const screen: Screen = {
    draw: () => [""],
    press: (key) => {
      pressed.push(key);
      if (pressed.length === count) resolve();
    },
    version: () => 0,
    subscribe: () => () => {},
  };
  const { promise: listening, resolve: listens } = Promise.withResolvers<void>();
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => on && listens(),
    ref: () => {},
    unref: () => {},
  });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  stdout.resume();
  const { openDashboard } = await loadDashboard();
  const open = openDashboard(
    {
      stdin: stdin as unknown as NodeJS.ReadStream,
      stdout: stdout as unknown as NodeJS.WriteStream,
    },
    screen,
  );
  await listening;
  for (const chunk of chunks) stdin.write(chunk);
  await all;
  await open.close();
  return pressed;
}

test("every key of one piece counts, in its order", () => {
  expect(keysIn("3\r")).toEqual([text("3"), { kind: "enter" }]);
  expect(keysIn("a\tb\u007f\r\n\u0003")).toEqual([
    text("a"),
    { kind: "tab", back: false },
    text("b"),
    { kind: "backspace" },
    { kind: "enter" },
    { kind: "interrupt" },
  ]);
});

test("a character of several code points is one key, and a control character without a meaning is none", () => {
  expect(keysIn("é👩‍🚀\u0000z")).toEqual([text("é"), text("👩‍🚀"), text("z")]);
});

test("what is pasted into a line is one line", () => {
  expect(asOneLine("one\r\ntwo\tthree\n")).toBe("one two three");
});

test("a terminal that sends 3 and Enter in one write presses both", async () => {
  expect(await pressedBy(["3\r"], 2)).toEqual([text("3"), { kind: "enter" }]);
});

test("an escape sequence or a character that is cut in two is put together again, between other keys", async () => {
  const [first, second] = [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)];
  expect(await pressedBy(["q\u001b", "[A\r", first, second], 4)).toEqual([
    text("q"),
    { kind: "up" },
    { kind: "enter" },
    text("é"),
  ]);
});

test("an Escape and a key behind it in one piece are two keys", async () => {
  expect(await pressedBy(["\u001bz"], 2)).toEqual([{ kind: "escape" }, text("z")]);
});

test("what the terminal says is pasted comes as one", async () => {
  const pasted = await pressedBy(["\u001b[200~one\r", "two\u001b[201~\r"], 2);
  expect(pasted).toEqual([{ kind: "paste", text: "one\rtwo" }, { kind: "enter" }]);
});
