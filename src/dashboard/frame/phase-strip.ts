/**
 * The whole run on two lines: phases by their names, the part that was played drawn heavier; below them what
 * happened, and the shown second as `|`. A name has as much room as its phase, and no mark stands on it.
 */

import type { Snapshot } from "../model/snapshot.ts";
import { marksOf } from "../model/timeline-text.ts";
import type { Colour, Look, Span } from "./look.ts";

/** Fewer letters of a name say nothing. */
const lettersMin = 3;

interface StripOptions {
  readonly snapshot: Snapshot;
  readonly columns: number;
  readonly look: Look;
}

export function phaseLine({ snapshot, columns, look }: StripOptions): Span[] {
  const { run, atS } = snapshot;
  const [played, ahead] = look.unicode ? ["━", "─"] : ["=", "-"];
  const at = columnOf(snapshot, columns);
  const now = at(atS);
  const cells = Array.from({ length: columns }, (_, index): [string, Colour] => [
    index < now ? played : ahead,
    index < now ? "plain" : "dim",
  ]);
  for (const { name, startS, endS } of run.phases) {
    const start = at(startS);
    const room = (endS >= run.durationS ? columns : at(endS)) - start;
    for (const [index, letter] of [...`[${nameIn(name, room - 1)}`.slice(0, room)].entries()) {
      cells[start + index] = [letter, name.startsWith("fault") ? "red" : "cyan"];
    }
  }
  return cells;
}

export function marksLine({ snapshot, columns }: StripOptions): Span[] {
  const cells = Array.from({ length: columns }, (): [string, Colour] => [" ", "plain"]);
  const at = columnOf(snapshot, columns);
  cells[at(snapshot.atS)] = ["|", "bold"];
  for (const { t, glyph, colour } of marksOf(snapshot.events)) cells[at(t)] = [glyph, colour];
  return cells;
}

/** What comes after the load stands in the last column. */
function columnOf({ run }: Snapshot, columns: number): (t: number) => number {
  return (t) => Math.min(columns - 1, Math.floor((t / run.durationS) * columns));
}

/** As much of it as fits: `fault:kill-1`, `kill-1`, `kil`; nothing where that would say nothing. */
function nameIn(name: string, room: number): string {
  const short = name.replace(/^fault:/, "");
  const fitting = [name, short].find((each) => each.length <= room);
  if (fitting !== undefined) return fitting;
  return room < lettersMin ? "" : short.slice(0, room);
}
