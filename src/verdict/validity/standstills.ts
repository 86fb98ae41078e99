/**
 * What hunt's own standstills, and the machine's sleep, leave of a run:
 *
 *   hunt stood still    the swarm went on: what it measured comes in late and counts. What hunt reads itself, each
 *                       second, is missing, and a fault may have lasted longer than its plan says
 *   the machine slept   the axis stood still, too: whatever was under way is timed too short
 *
 * So nothing that rests on such seconds is held, and a budget that is not met in them is no breach. A run with one
 * in its measured seconds is inconclusive: it is not the run that was asked for.
 */

import type { SecondWindow } from "../../metrics/seconds.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import { clockEventText, type Standstill } from "../../recording/timeline/clock-events.ts";
import type { BudgetSubject } from "../budgets/budget.ts";
import { measuredWindow } from "../budgets/measured-window.ts";
import type { BudgetResult } from "../summary-document.ts";

const shownStandstills = 3;

export function standstills({ timeline }: RecordingReader): readonly Standstill[] {
  return timeline.events.flatMap((event) => (event.kind === "standstill" ? [event] : []));
}

/** The result of a budget, given that hunt or the machine stood still in its window. */
export function onWhatWasMeasured(
  result: BudgetResult,
  subject: BudgetSubject,
  within: readonly Standstill[],
): BudgetResult {
  const [first] = within;
  if (first === undefined || result.outcome === "inconclusive") return result;
  if (result.outcome === "held") {
    const slept = within.find(({ who }) => who === "machine");
    // The swarm's own figures came in when hunt went on; they are late, not missing.
    const cause = isOfTheSwarm(subject) ? slept : first;
    if (cause === undefined) return result;
    const reason = `not all of it was measured: ${clockEventText(cause)}`;
    return { ...result, outcome: "inconclusive", reason };
  }
  // A node that took too much took it, whatever was not seen besides.
  if (subject.kind === "node" && result.observed !== null) return result;
  return {
    ...result,
    outcome: "inconclusive",
    reason: `it was not met, but ${clockEventText(first)}`,
  };
}

function isOfTheSwarm({ kind }: BudgetSubject): boolean {
  return kind === "action" || kind === "fault";
}

/** Those that touch a second of the window. */
export function standstillsIn(
  window: SecondWindow,
  all: readonly Standstill[],
): readonly Standstill[] {
  return all.filter(({ t, untilS }) =>
    window.some(({ startS, endS }) => t < endS && untilS > startS),
  );
}

/** Sentences that make a run inconclusive. */
export function standstillProblems(reader: RecordingReader): string[] {
  const found = standstillsIn(measuredWindow(reader.run), standstills(reader));
  const told = found.slice(0, shownStandstills).map((each) => {
    const what = clockEventText(each);
    return each.who === "hunt"
      ? `${capital(what)}. It read no figures then, and could not begin, watch or heal a fault.`
      : `${capital(what)}. What was under way then was timed by a clock that stood still.`;
  });
  const more = found.length - told.length;
  return more === 0 ? told : [...told, `The same happened ${more} more times.`];
}

/** What the verdict does not hang on. */
export function clockNotes(reader: RecordingReader): string[] {
  const decides = standstillsIn(measuredWindow(reader.run), standstills(reader));
  return reader.timeline.events.flatMap((event) => {
    if (event.kind === "clock-step") {
      const rest = "The run's own times come from another clock, those in logs/ do not.";
      return [`${capital(clockEventText(event))}. ${rest}`];
    }
    if (event.kind !== "standstill" || decides.includes(event)) return [];
    return [`${capital(clockEventText(event))}, outside of what is judged.`];
  });
}

function capital(text: string): string {
  // The program is called hunt, also at the beginning of a sentence.
  return text.startsWith("hunt ") ? text : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
