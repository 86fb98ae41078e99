/**
 * Other runs of hunt that the same machine had to carry meanwhile. They may explain a generator that was late, or a
 * latency; they excuse nothing. A backend that stays takes little by itself, so it is a note and no reason.
 */
import type { RecordingReader } from "../../recording/recording-reader.ts";

const shown = 3;

interface Presence {
  readonly what: "run" | "backend";
  readonly words: string;
  readonly fromS: number;
  toS?: number;
}

export interface OtherRunsFound {
  /** In a sentence, for a verdict that is no pass. */
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
}

export function otherRuns(reader: RecordingReader): OtherRunsFound {
  const found = presences(reader);
  const runs = found.filter(({ what }) => what === "run");
  const backends = found.filter(({ what }) => what === "backend");
  const reasons =
    runs.length === 0
      ? []
      : [
          `${runs.length === 1 ? "Another run" : `${runs.length} other runs`} of hunt used this machine: ${listed(runs)}. Two at once make each other late.`,
        ];
  const ofBackends =
    backends.length === 0
      ? []
      : [
          `${backends.length === 1 ? "A backend that stays was" : `${backends.length} backends that stay were`} up on this machine: ${listed(backends)}. Without load that takes little.`,
        ];
  return { reasons, notes: [...reasons, ...ofBackends] };
}

/** Those that were there while this one played. */
function presences({ run, timeline }: RecordingReader): Presence[] {
  const found = new Map<string, Presence>();
  const all: Presence[] = [];
  for (const event of timeline.events) {
    if (event.kind !== "other-run") continue;
    const { t, state, what, name, pid, folder } = event;
    const key = `${what} ${name} ${folder}`;
    if (state === "left") {
      const open = found.get(key);
      if (open !== undefined) open.toS = t;
      found.delete(key);
      continue;
    }
    const known = [name, pid === undefined ? "" : `pid ${pid}`, folder];
    const words = known.filter((text) => text !== "").join(", ");
    const presence = { what, words, fromS: Math.max(0, t) };
    found.set(key, presence);
    all.push(presence);
  }
  return all.filter(({ fromS, toS }) => fromS < run.durationS && (toS ?? run.durationS) > 0);
}

function listed(found: readonly Presence[]): string {
  const texts = found.slice(0, shown).map(({ words, fromS, toS }) => {
    const end = toS === undefined ? "to the end" : `to ${toS.toFixed(1)} s`;
    return `${words}, from ${fromS.toFixed(1)} s ${end}`;
  });
  const more = found.length > shown ? `; and ${found.length - shown} more` : "";
  return `${texts.join("; ")}${more}`;
}
