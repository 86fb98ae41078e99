/**
 * The recordings of version 1 that git keeps are judged as the hunt judged them that wrote that version: what it
 * said is in `test/fixtures/judged-before`, and each field of it is held, but for those that moved or are new.
 */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { hunt } from "../fixtures/recorded-run.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

const root = join(import.meta.dirname, "../..");
const recordings = [
  ["sample", "reports/20261128-131513-smoke-sxnc"],
  ["tiny", "test/fixtures/recordings/tiny"],
] as const;

function judgedBefore(file: string): string {
  return readFileSync(join(root, "test/fixtures/judged-before", file), "utf8");
}

/** The copy of a recording, where nothing is written into what git keeps. */
async function onCopy(path: string, ...args: readonly string[]) {
  const cwd = temporaryFolder();
  const copy = join(cwd, "run");
  cpSync(join(root, path), copy, { recursive: true });
  const [command = "", ...rest] = args;
  return await hunt(cwd, [command, copy, ...rest], 0, undefined, true);
}

/** As version 1 would have said it: what moved is put back, what is new is left out. */
function asVersion1({ lanes, guarantees, faults, couplings: _, ...rest }: Summary): unknown {
  const sessions = lanes["sessions"];
  if (sessions === undefined) throw new Error("there is no lane sessions");
  const { settings, settingsText: __, variant: ___, headline: ____, extras, ...lane } = sessions;
  return {
    ...rest,
    schemaVersion: 1,
    topology: Object.keys(settings).length === 0 ? null : settings,
    warmFollower: extras.warmFollower ?? null,
    lanes: { sessions: lane },
    guarantees: guarantees.map(({ lane: _lane, ...guarantee }) => guarantee),
    faults: faults.map(({ lanes: _lanes, felt: _felt, ...fault }) => fault),
  };
}

test.each(recordings)("the %s is summarised as before, field by field", async (name, path) => {
  const { out, exitCode } = await onCopy(path, "report", "--format", "json");
  expect(exitCode).toBe(0);
  const summary: Summary = JSON.parse(out);
  expect(asVersion1(summary)).toEqual(JSON.parse(judgedBefore(`${name}.json`)));
  for (const { lane } of summary.guarantees) expect(lane).toBe("sessions");
  for (const fault of summary.faults) {
    const { firstAckAtS, gapS, recoveredAtS, limitMs } = fault;
    expect(fault.lanes).toEqual(["sessions"]);
    expect(fault.felt).toEqual({ sessions: { firstAckAtS, gapS, recoveredAtS, limitMs } });
  }
});

test.each(recordings)("the %s is verified as before, word for word", async (name, path) => {
  const { out, exitCode } = await onCopy(path, "verify");
  expect(exitCode).toBe(0);
  expect(out).toBe(judgedBefore(`${name}-verify.txt`));
});
