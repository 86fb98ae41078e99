/** The lines on top: which run, where it is, what it will say so far, and its phases as a strip. */
import { activeFaults, nextFault } from "./fault-lives.ts";
import type { Frame } from "./frame.ts";
import { foundViolations } from "./live-findings.ts";
import { type Colour, row, type Span } from "./look.ts";
import type { Snapshot } from "./snapshot.ts";
import { activeAlerts, marksOf } from "./timeline-text.ts";

export function frameHeader(frame: Frame): string[] {
  const { snapshot, look, columns } = frame;
  const { run } = snapshot;
  const designs = Object.values(run.lanes).map(({ design }) => design);
  return [
    row(look, columns, [
      ["hunt ", "bold"],
      [`${run.scenarioName} `, "cyan"],
      `${designs.join(",")}  seed ${run.seed}  `,
      [run.runId, "dim"],
      `  ${frame.mode}`,
    ]),
    row(look, columns, phaseSpans(snapshot)),
    row(look, columns, verdictSpans(snapshot)),
    row(look, columns, strip(frame)),
  ];
}

/** The phase of the shown second, what is broken in it, and the time left of both. */
function phaseSpans({ run, atS, faults }: Snapshot): Span[] {
  const now = run.phases.filter(({ startS, endS }) => atS >= startS && atS < endS);
  const names = now.map(({ name, endS }) => `${name} (${endS - atS}s left)`).join(", ");
  const fault = now.some(({ name }) => name.startsWith("fault"));
  const broken = activeFaults(faults, atS);
  return [
    `t=${atS}s of ${run.durationS}s  `,
    [names === "" ? "no phase" : `phase ${names}`, fault ? "red" : "cyan"],
    [broken === "" ? "" : `  ${broken}`, "red"],
    broken === "" ? `  ${nextFault(run, atS)}` : "",
  ];
}

function verdictSpans({ outcome, events, problems, atS }: Snapshot): Span[] {
  const problem: Span = [problems.length === 0 ? "" : `  ${problems.join("; ")}`, "yellow"];
  if (outcome !== undefined) {
    const colour: Colour =
      outcome.outcome === "pass" ? "green" : outcome.outcome === "inconclusive" ? "yellow" : "red";
    return [[`verdict ${outcome.outcome}`, colour], `: ${outcome.reasons[0] ?? ""}`, problem];
  }
  const broken = foundViolations(events);
  if (broken !== undefined) {
    return [[`VIOLATION ${broken.kinds}`, "red"], `: ${broken.story}`, problem];
  }
  const active = activeAlerts(events);
  const fired = events.filter((event) => event.kind === "alert" && event.state === "fired");
  const lost = events.filter((event) => event.kind === "node" && event.state === "lost");
  if (active.length > 0) return [[`ALERT ${active.join("; ")}`, "red"], problem];
  const what = `${fired.length} alerts so far, ${lost.length} nodes lost`;
  return [[atS === 0 ? "starting" : "no alert is on", "green"], `, ${what}`, problem];
}

/** The whole run on one line: phases by their first letters, events as marks, the shown second as `|`. */
function strip({ snapshot, columns, look }: Frame): Span[] {
  const { run, atS } = snapshot;
  const endS = Math.max(run.durationS, atS + 1);
  const dash = look.unicode ? "─" : "-";
  const cells = Array.from({ length: columns }, (): [string, Colour] => [dash, "dim"]);
  const put = (t: number, text: string, colour: Colour) => {
    const at = Math.min(columns - 1, Math.floor((t / endS) * columns));
    for (const [index, character] of [...text].entries()) {
      if (at + index < columns) cells[at + index] = [character, colour];
    }
  };
  for (const { name, startS } of run.phases) put(startS, `[${name}`, "cyan");
  for (const { t, glyph, colour } of marksOf(snapshot.events)) put(t, glyph, colour);
  put(atS, "|", "bold");
  return cells;
}
