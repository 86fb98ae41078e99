/** What became of the clocks in a run, in the words that every view of it uses. */
import type { TimelineEvent } from "./events.ts";

export type ClockEvent = Extract<TimelineEvent, { kind: "clock-step" | "standstill" }>;
export type Standstill = Extract<ClockEvent, { kind: "standstill" }>;

export function clockEventText(event: ClockEvent): string {
  if (event.kind === "clock-step") {
    const way = event.byS < 0 ? "back" : "ahead";
    const detail = event.detail === undefined ? "" : ` (${event.detail})`;
    return `the wall clock was set ${short(Math.abs(event.byS))} s ${way} at ${short(event.t)} s${detail}`;
  }
  return event.who === "hunt"
    ? `hunt stood still from ${short(event.t)} to ${short(event.untilS)} s`
    : `the machine slept for ${short(event.forS)} s at ${short(event.t)} s`;
}

function short(seconds: number): string {
  return seconds.toFixed(1);
}
