/** The lines on top: which run, where it is, what it will say so far, and its phases as a strip. */
import { activeFaults, nextFault } from "../faults/fault-lives.ts";
import { foundViolations } from "../model/live-findings.ts";
import { activeAlerts } from "../model/timeline-text.ts";
import type { Frame } from "./frame.ts";
import { type Colour, row, type Span } from "./look.ts";
import { marksLine, phaseLine } from "./phase-strip.ts";
import { firstOf, shortened } from "./shortened.ts";

/** Below that a line of marks would cost the charts too much; they have the marks, too. */
const rowsForMarks = 20;

export function frameHeader(frame: Frame): string[] {
  const { look, columns, rows } = frame;
  const lines = [
    runSpans(frame),
    phaseSpans(frame),
    verdictSpans(frame),
    phaseLine(frame),
    ...(rows < rowsForMarks ? [] : [marksLine(frame)]),
  ];
  return lines.map((spans) => row(look, columns, spans));
}

/** The seed is in the report; it makes room for what the run is doing. */
function runSpans({ snapshot, columns, mode }: Frame): Span[] {
  const { run } = snapshot;
  const lanes = Object.entries(run.lanes);
  const designs = lanes.map(([id, { design }]) =>
    lanes.length === 1 ? design : `${id}=${design}`,
  );
  const seed = `  seed ${run.seed}`;
  const spans = (withSeed: string): Span[] => [
    ["hunt ", "bold"],
    [`${run.scenarioName} `, "cyan"],
    `${designs.join(" ")}${withSeed}  `,
    [run.runId, "dim"],
    `  ${mode}`,
  ];
  const all = spans(seed);
  return lengthOf(all) <= columns ? all : spans("");
}

/** The phase of the shown second, what is broken in it, and the time left of both. */
function phaseSpans({ snapshot, columns }: Frame): Span[] {
  const { run, atS, faults } = snapshot;
  const now = run.phases.filter(({ startS, endS }) => atS >= startS && atS < endS);
  const names = now.map(({ name, endS }) => `${name} (${endS - atS}s left)`).join(", ");
  const time = `t=${atS}s of ${run.durationS}s  `;
  const phase = names === "" ? "the load is over" : `phase ${names}`;
  const room = columns - time.length - phase.length - 2;
  const broken = activeFaults(faults, { atS, room, phase: now[0]?.name });
  return [
    time,
    [phase, now.some(({ name }) => name.startsWith("fault")) ? "red" : "cyan"],
    [broken === "" ? "" : `  ${broken}`, "red"],
    broken === "" ? `  ${shortened(nextFault(run, { atS, room }), room)}` : "",
  ];
}

function verdictSpans({ snapshot, columns }: Frame): Span[] {
  const { outcome, events, log, problems, atS } = snapshot;
  const problemsIn = (room: number): Span => [
    problems.length === 0 ? "" : `  ${firstOf(problems, room - 2)}`,
    "yellow",
  ];
  if (outcome !== undefined) {
    const colour: Colour =
      outcome.outcome === "pass" ? "green" : outcome.outcome === "inconclusive" ? "yellow" : "red";
    const word = `verdict ${outcome.outcome}`;
    const room = columns - word.length - 2;
    const reason = firstOf(
      outcome.reasons.map((sentence) => sentence.replace(/\.$/, "")),
      room,
    );
    return [[word, colour], `: ${reason}`, problemsIn(room - reason.length)];
  }
  const broken = foundViolations(events, Object.keys(snapshot.run.lanes).length > 1);
  if (broken !== undefined) {
    const word = `VIOLATION ${broken.kinds}`;
    const room = columns - word.length - 2;
    const story = shortened(broken.story, room);
    return [[word, "red"], `: ${story}`, problemsIn(room - story.length)];
  }
  const active = activeAlerts(events);
  const fired = events.filter((event) => event.kind === "alert" && event.state === "fired");
  const lost = events.filter((event) => event.kind === "node" && event.state === "lost");
  if (active.length > 0) {
    const text = `ALERT ${firstOf(active, columns - 6)}`;
    return [[text, "red"], problemsIn(columns - text.length)];
  }
  // Before the load nothing moves but what hunt says, as when it waits for a disk.
  const said = atS === 0 ? log.findLast(({ node }) => node === "hunt")?.text : undefined;
  if (said !== undefined) return [["starting", "green"], `: ${shortened(said, columns - 10)}`];
  const word = atS === 0 ? "starting" : "no alert is on";
  const what = `, ${fired.length} alerts so far, ${lost.length} nodes lost`;
  return [[word, "green"], what, problemsIn(columns - word.length - what.length)];
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + (typeof span === "string" ? span : span[0]).length, 0);
}
