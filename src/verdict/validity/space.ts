/** A folder that ran out of space explains the node that ended, the snapshot that failed, the file that is cut off. */
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { Cause } from "../judge.ts";

const consequences = {
  temp: "The data of the nodes is there: a store that gets no space ends, and snapshots are not taken. TMPDIR names another folder.",
  reports: "The recording is there. --reports names another folder.",
} as const;

export function spaceCauses({ timeline }: RecordingReader): Cause[] {
  const told = new Set<string>();
  return timeline.events.flatMap((event) => {
    if (event.kind !== "space" || event.state !== "short" || told.has(event.place)) return [];
    told.add(event.place);
    const { t, folder, freeBytes, place } = event;
    const free = `${(freeBytes / 1e6).toFixed(1)} MB`;
    const sentence = `The folder ${folder} had ${free} free by ${t.toFixed(1)} s. ${consequences[place]}`;
    return [{ sentence, inconclusive: false }];
  });
}
