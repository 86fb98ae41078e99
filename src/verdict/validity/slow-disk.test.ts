import { expect, test } from "vitest";
import { recordFixture, sampleRun } from "../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../recording/recording-reader.ts";
import { summarise } from "../summarise.ts";

async function notesOf(syncs: ReadonlyMap<number, number>): Promise<readonly string[]> {
  const faults = [
    { id: "disk", kind: "pause", target: "etcd/1", lanes: ["sessions"], atS: 12, forS: 2 },
  ];
  await using fixture = await recordFixture({ ...sampleRun, faults }, (writer) => {
    for (const [second, ms] of syncs) writer.sample(second + 0.1, "node.etcd/1.walFsyncP99Ms", ms);
    for (const [t, state] of [
      [12, "injected"],
      [14, "healed"],
      [14.2, "recovered"],
    ] as const) {
      writer.event({ t, kind: "fault", fault: "disk", state });
    }
  });
  return (await summarise(await openRecording(fixture.folder.path), async () => [])).notes;
}

test("a slow disk is told with its seconds and nodes, the slowest first, but not what a fault explains", async () => {
  const notes = await notesOf(
    new Map([
      [3, 9],
      [7, 130],
      [9, 773],
      [13, 900],
      [15, 400],
    ]),
  );
  expect(notes.filter((note) => note.startsWith("Syncs"))).toEqual([
    "Syncs to disk were slow outside of faults, which holds up every commit (a p99 below 10 ms is advised): 773 ms at 9 s on etcd/1; 130 ms at 7 s on etcd/1.",
  ]);
});

test("a disk as it should be is no note", async () => {
  const notes = await notesOf(new Map([[9, 40]]));
  expect(notes.filter((note) => note.startsWith("Syncs"))).toEqual([]);
});
