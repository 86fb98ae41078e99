import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { checkLanes } from "../../src/checkers/check-lanes.ts";
import { laneEvidences } from "../../src/lanes/evidence.ts";
import { openRecording } from "../../src/recording/recording-reader.ts";
import type { RecordedLane, RunDocument } from "../../src/recording/run-document.ts";
import { laneFile, type RunFolder } from "../../src/recording/run-folder.ts";
import { summarise } from "../../src/verdict/summarise.ts";
import type { GuaranteeResult } from "../../src/verdict/summary-document.ts";
import { LedgerBuilder } from "../fixtures/ledger-builder.ts";
import { counts, recordFixture, sampleRun } from "../fixtures/synthetic-recording.ts";
import { tallyFinalReads } from "./final-reads.ts";
import { type Sabotage, tallyService } from "./service/tally-service.ts";
import { guarantees, tallyEvidence } from "./tally-evidence.ts";
import { encodeReads, type TallyRead } from "./tally-files.ts";

const { phases } = sampleRun;
const tally: RecordedLane = {
  ...{ design: "memory", settings: {}, settingsText: [], players: 10 },
  ...{ headline: "mark", fewestOperations: 10, preparingKinds: [], observers: {} },
  actions: {
    mark: { kind: "write", timeoutMs: 1000, plannedPerS: [] },
    look: { kind: "read", timeoutMs: 1000 },
  },
  ...{ figures: [], clusters: [], charts: [], phases },
};
const alone: RunDocument = { ...sampleRun, lanes: { tally } };
const evidence = [...laneEvidences, tallyEvidence];

const marks = () => new LedgerBuilder(3, "tly1");

interface Files {
  readonly ledger?: LedgerBuilder;
  readonly reads?: readonly TallyRead[];
}

async function check({ ledger, reads }: Files, run = alone): Promise<GuaranteeResult[]> {
  await using fixture = await recordFixture(run, () => {});
  const file = (name: "ledger" | "observed") => laneFile(fixture.folder, "tally", name);
  if (ledger !== undefined) await writeFile(file("ledger"), ledger.closed());
  if (reads !== undefined) await writeFile(file("observed"), encodeReads(reads));
  return await checkLanes(evidence)(await openRecording(fixture.folder.path));
}

test("a tally that agrees with its ledger holds what the lane promises", async () => {
  const ledger = marks().digs(1, 1, 4).digs(2, 1, 3);
  const reads = [
    { player: 1, count: 4 },
    { player: 2, count: 3 },
  ];
  expect(await check({ ledger, reads })).toMatchObject([
    { lane: "tally", id: guarantees.lost.id, outcome: "held", checked: 7, violations: 0 },
    { lane: "tally", id: guarantees.added.id, outcome: "held", checked: 7, violations: 0 },
  ]);
});

test("a mark that was acknowledged and is gone breaks one, a mark that nobody sent the other", async () => {
  const ledger = marks().digs(1, 1, 4).digs(2, 1, 3);
  const reads = [
    { player: 1, count: 2 },
    { player: 2, count: 4 },
  ];
  const [lost, added] = await check({ ledger, reads });
  expect(lost).toMatchObject({ outcome: "broken", violations: 2 });
  expect(lost?.example).toBe("Player 1 was acknowledged 4 marks, and its tally is 2.");
  expect(added).toMatchObject({ outcome: "broken", violations: 1 });
});

test("a mark without an answer may be in the tally or not; a refused one may not", async () => {
  const open = () => marks().digs(1, 1, 1).did({ player: 1, sequence: 2 }, "unknown");
  for (const count of [1, 2]) {
    const results = await check({ ledger: open(), reads: [{ player: 1, count }] });
    expect(results.map(({ outcome }) => outcome)).toEqual(["held", "held"]);
  }
  const refused = marks().digs(1, 1, 1).did({ player: 1, sequence: 2 }, "fail");
  const [, added] = await check({ ledger: refused, reads: [{ player: 1, count: 2 }] });
  expect(added).toMatchObject({ outcome: "broken" });
});

test("without its files, or with another lane's ledger, it is unknown", async () => {
  const [missing] = await check({ ledger: marks().digs(1, 1, 1) });
  expect(missing).toMatchObject({ outcome: "unknown" });
  expect(missing?.note).toContain("the tally was not read");
  const [foreign] = await check({ ledger: new LedgerBuilder(), reads: [] });
  expect(foreign).toMatchObject({ outcome: "unknown" });
  expect(foreign?.note).toContain('the layout "ses1", expected "tly1"');
});

test("two lanes in one recording are each judged by their own evidence, under the same ids too", async () => {
  const stormy = [{ name: "liveness", startS: 0, endS: 10 }];
  const { sessions } = sampleRun.lanes;
  if (sessions === undefined) throw new Error("the sample has no sessions");
  const both: RunDocument = {
    ...sampleRun,
    phases: stormy,
    lanes: { sessions: { ...sessions, phases: stormy }, tally: { ...tally, phases: stormy } },
  };
  await using fixture = await recordFixture(both, (writer) => {
    for (let second = 0; second < 10; second += 1) {
      writer.counts(second, "tally.mark", counts(5));
      writer.counts(second, "tally.look", counts(5));
      writer.counts(second, "sessions.dig", { ...counts(5), ok: 0, fail: 5 });
      writer.counts(second, "sessions.read", counts(5));
    }
  });
  const reader = await openRecording(fixture.folder.path);
  const results = await checkLanes(evidence)(reader);
  const outcomeOf = (lane: string) =>
    results.find((each) => each.lane === lane && each.id === guarantees.progress.id)?.outcome;
  expect(outcomeOf("tally")).toBe("held");
  expect(outcomeOf("sessions")).toBe("broken");
  const { verdict } = await summarise(reader, checkLanes(evidence), { guaranteesOnly: true });
  expect(verdict.reasons.join("\n")).toContain("sessions");
});

const players = 5;
const marksEach = 60;

/** Plays at a service of this process, and records it as a run does. */
async function played(folder: RunFolder, sabotage?: Sabotage): Promise<void> {
  const server = tallyService(sabotage).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ledger = marks();
  for (let sequence = 1; sequence <= marksEach; sequence += 1) {
    for (let player = 0; player < players; player += 1) {
      ledger.attempt({ player, sequence });
      const body = JSON.stringify({ player, sequence });
      const answer = await fetch(`http://${address}/write`, { method: "POST", body });
      ledger.outcome({ player, sequence }, answer.ok ? "ok" : "unknown");
    }
  }
  await writeFile(laneFile(folder, "tally", "ledger"), ledger.closed());
  const signal = new AbortController().signal;
  expect(await tallyFinalReads(folder, address, signal)).toBe(`${players} tallies`);
}

test.each([
  [undefined, "held", 0],
  ["lose-one-in-100", "broken", 3],
] as const)(
  "played at a service with the sabotage %s, nothing is lost: %s",
  async (sabotage, outcome, violations) => {
    await using fixture = await recordFixture(alone, () => {});
    await played(fixture.folder, sabotage);
    const [lost] = await checkLanes(evidence)(await openRecording(fixture.folder.path));
    expect(lost).toMatchObject({ outcome, violations, checked: players * marksEach });
  },
);

test("the service knows an operation that comes again, and what it does not understand", async () => {
  const server = tallyService().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const write = async (body: string) => {
    const answer = await fetch(`${at}/write`, { method: "POST", body });
    return [answer.status, await answer.json()];
  };
  const first = JSON.stringify({ player: 7, sequence: 1 });
  expect(await write(first)).toEqual([200, { revision: 1 }]);
  expect(await write(first)).toEqual([200, { revision: 1 }]);
  expect((await write("no JSON"))[0]).toBe(400);
  expect((await write(JSON.stringify({ player: -1, sequence: 1 })))[0]).toBe(400);
  const read = await fetch(`${at}/read?player=7`);
  expect(await read.json()).toEqual({ count: 1, revision: 1 });
  expect((await fetch(`${at}/elsewhere`)).status).toBe(404);
});
