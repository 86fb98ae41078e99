import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { recordFixture, sampleRun } from "../../test/fixtures/synthetic-recording.ts";
import { checkLanes } from "../checkers/check-lanes.ts";
import type { Guarantee } from "../checkers/guarantee.ts";
import { exitCodes } from "../exit-codes.ts";
import { openRecording } from "../recording/recording-reader.ts";
import { laneEvidences } from "./evidence.ts";

function row({ id, promise, where, from }: Guarantee, source: string): string {
  const sentence = where === undefined ? promise : `${promise.replace(/\.$/, "")}; ${where}.`;
  const files = from.map((file) => `\`${file}\``).join(", ");
  return `| \`${id}\` | ${sentence} | \`${source}\` | ${files} |`;
}

test.each(laneEvidences)(
  "docs/guarantees.md has the table of $lane as the code has it",
  async ({ checkers }) => {
    const page = await readFile(new URL("../../docs/guarantees.md", import.meta.url), "utf8");
    const rows = checkers.flatMap(({ source, guarantees }) =>
      guarantees.map((guarantee) => row(guarantee, source)),
    );
    const table = [
      "| guarantee | promise | checked by | from |",
      "| --- | --- | --- | --- |",
      ...rows,
    ];
    expect(page).toContain(`\n\n${table.join("\n")}\n\n`);
  },
);

test("no guarantee of a lane is listed twice", () => {
  for (const { checkers } of laneEvidences) {
    const ids = checkers.flatMap(({ guarantees }) => guarantees.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  }
});

test("a recording of a lane that this hunt does not know is an error that names both", async () => {
  const [lane] = Object.values(sampleRun.lanes);
  if (lane === undefined) throw new Error("the sample has no lane");
  await using fixture = await recordFixture({ ...sampleRun, lanes: { comets: lane } }, () => {});
  const reader = await openRecording(fixture.folder.path);
  const judged = checkLanes(laneEvidences)(reader);
  await expect(judged).rejects.toMatchObject({
    code: "recording.unknown-lane",
    exitCode: exitCodes.usage,
    message: expect.stringMatching(/the lane "comets"\. This hunt knows sessions/),
  });
});

test("a lane that is held against no promise is no pass", async () => {
  await using fixture = await recordFixture(sampleRun, () => {});
  const silent = { lane: "sessions", checkers: [], check: () => Promise.resolve([]) };
  const judged = checkLanes([silent])(await openRecording(fixture.folder.path));
  await expect(judged).rejects.toThrow('nothing is promised of the lane "sessions"');
});
