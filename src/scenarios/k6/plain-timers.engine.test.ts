/** In a real k6, as plain k6 players use them: its own timers are what this is about. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/temporary-folder.ts";
import { binaryPath } from "../../engines/programs/binaries.ts";

const timers = fileURLToPath(new URL("plain-timers.js", import.meta.url));

/** Plays the lines as a script that knows `clock`, `timers` and `say`. @returns what it said. */
async function play(lines: string): Promise<string[]> {
  const script = join(temporaryFolder(), "script.js");
  writeFileSync(
    script,
    `import http from "k6/http";
import { PlainTimers } from ${JSON.stringify(timers)};
export default async function () {
  const begunMs = Date.now();
  const clock = () => Date.now() - begunMs;
  const timers = new PlainTimers(clock);
  const say = (text) => console.log("said " + text);
  ${lines}
}
`,
  );
  const args = [
    "run",
    "--quiet",
    "--no-usage-report",
    "--summary-mode=disabled",
    "--log-output=stdout",
    "--log-format=raw",
    script,
  ];
  const { stdout } = await promisify(execFile)(binaryPath("k6"), args, { timeout: 20_000 });
  return stdout.split("\n").flatMap((line) => (line.startsWith("said ") ? [line.slice(5)] : []));
}

test("a timer waits its time out though the one before it was cleared when it was just to run", async () => {
  const lines = `
  const first = timers.at(10, () => say("first"));
  timers.at(400, () => say("second " + (clock() >= 400)));
  while (clock() < 30);
  timers.clear(first);`;
  expect(await play(lines)).toEqual(["second true"]);
});

test("a timer that was put off by k6's mistake can still be cleared", async () => {
  const lines = `
  const first = timers.at(10, () => say("first"));
  const second = timers.at(400, () => say("second"));
  timers.at(500, () => say("third"));
  while (clock() < 30);
  timers.clear(first);
  // Nobody listens there: a task of another kind than timers, after that of the first one.
  await http.asyncRequest("GET", "http://127.0.0.1:1/").catch(() => {});
  timers.clear(second);`;
  expect(await play(lines)).toEqual(["third"]);
});
