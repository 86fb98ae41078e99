/** Events of the timeline as words, and the marks that they leave on every chart. */
import { clockEventText } from "../../recording/timeline/clock-events.ts";
import type { OrderedEvent } from "../../recording/timeline/timeline.ts";
import type { ChartMark } from "../charts/chart.ts";
import type { Colour } from "../frame/look.ts";
import { shortened } from "../frame/shortened.ts";

export interface EventText {
  readonly text: string;
  readonly colour: Colour;
}

type FaultState = Extract<OrderedEvent, { readonly kind: "fault" }>["state"];

const faultColours: Readonly<Record<FaultState, Colour>> = {
  waiting: "yellow",
  armed: "yellow",
  injected: "red",
  evidence: "red",
  healed: "green",
  recovered: "green",
  failed: "red",
};

const faultGlyphs: Readonly<Partial<Record<FaultState, string>>> = {
  injected: "x",
  healed: "o",
  recovered: "^",
  failed: "#",
};

export function eventText(event: OrderedEvent): EventText {
  switch (event.kind) {
    case "phase":
      return { text: `phase ${event.phase} ${event.state}s`, colour: "cyan" };
    case "node": {
      const detail = event.detail === undefined ? "" : `: ${event.detail}`;
      const colour = event.state === "lost" ? "red" : "plain";
      return { text: `${event.node} ${event.state}${detail}`, colour };
    }
    case "leader":
      return {
        text: `${event.node} leads ${event.cluster}, term ${event.term}`,
        colour: "magenta",
      };
    case "alarm":
      return {
        text: `alarm ${event.alarm} ${event.state ?? "raised"} on ${event.node}: ${event.detail}`,
        colour: event.state === "cleared" ? "green" : "red",
      };
    case "other-run": {
      const what = event.what === "run" ? "another run of hunt" : "a backend that stays";
      const pid = event.pid === undefined ? "" : `, pid ${event.pid}`;
      return {
        text: `${what} ${event.state}: ${event.name}${pid}, ${event.folder}`,
        colour: "yellow",
      };
    }
    case "space": {
      const text = `${event.folder} has ${(event.freeBytes / 1e6).toFixed(1)} MB free: ${event.state}`;
      return { text, colour: event.state === "short" ? "red" : "green" };
    }
    case "disk-stall": {
      const text = `the machine's disk stood still for ${event.forS.toFixed(2)} s`;
      return { text, colour: "yellow" };
    }
    case "clock-step":
      return { text: clockEventText(event), colour: "yellow" };
    case "standstill":
      return { text: clockEventText(event), colour: "red" };
    case "alert": {
      const seen = event.observed === null ? "" : ` (${Number(event.observed.toPrecision(4))})`;
      const colour = event.state === "fired" ? "red" : "green";
      return { text: `alert ${event.state}: ${event.budget}${seen}`, colour };
    }
    case "snapshot":
      return { text: `snapshot ${event.state} ${event.node ?? ""}`.trimEnd(), colour: "dim" };
    case "comparison":
      return {
        text: `followers compared: ${event.state}`,
        colour: event.state === "unequal" ? "red" : "dim",
      };
    case "fault": {
      const where = event.resolvedTo === undefined ? "" : ` on ${event.resolvedTo.join(", ")}`;
      const detail = event.detail === undefined ? "" : `: ${event.detail}`;
      const colour = faultColours[event.state];
      return { text: `fault ${event.fault} ${event.state}${where}${detail}`, colour };
    }
    case "violation":
      return { text: `VIOLATION (${event.what}): ${event.story}`, colour: "red" };
    case "read-violation":
      return { text: readViolationText(event), colour: event.rule === "late" ? "yellow" : "red" };
    case "note":
      return { text: event.text, colour: "plain" };
    default:
      return { text: words(event), colour: "plain" };
  }
}

/** The same in `room` characters: without what can be read elsewhere, then cut. */
export function briefText(event: OrderedEvent, room: number): EventText {
  const whole = eventText(event);
  if (whole.text.length <= room) return whole;
  return { ...whole, text: shortened(briefly(event) ?? whole.text, room) };
}

function briefly(event: OrderedEvent): string | undefined {
  if (event.kind === "alert") return `${event.state} ${event.budget.replace(/\s*@.*/, "")}`;
  if (event.kind !== "fault") return undefined;
  const { fault, state, resolvedTo, detail } = event;
  const [first, ...others] = resolvedTo ?? [];
  const where = first === undefined ? "" : ` on ${others.length > 0 ? resolvedTo?.length : first}`;
  if (state === "evidence" && detail !== undefined) return `${fault}: ${detail}`;
  const how = detail === undefined ? "" : `: ${detail}`;
  return `${fault} ${state}${where}${others.length > 0 ? " targets" : ""}${how}`;
}

type ReadViolation = Extract<OrderedEvent, { readonly kind: "read-violation" }>;

const readRules: Readonly<Record<ReadViolation["rule"], string>> = {
  back: "went back",
  stale: "was stale",
  late: "was late",
};

function readViolationText({ rule, player, wanted, got }: ReadViolation): string {
  return `a read of player ${player} ${readRules[rule]}: revision ${got}, ${wanted} was due`;
}

/** Of a kind that has no sentence of its own yet: its values, in their order. */
function words({ t: _, ...rest }: { readonly t: number }): string {
  return Object.values(rest)
    .filter((value) => typeof value !== "object")
    .join(" ");
}

/** x fault, o healed, # failed, v lost, ^ ready, * leader change, ! alert, + resolved or cleared, A alarm, d disk, c clock, z standstill, X violation. */
export function marksOf(events: readonly OrderedEvent[]): ChartMark[] {
  return events.flatMap((event): ChartMark[] => {
    const { t } = event;
    if (t < 0) return [];
    if (event.kind === "leader") return [{ t, glyph: "*", colour: "magenta" }];
    if (event.kind === "violation") return [{ t, glyph: "X", colour: "red" }];
    if (event.kind === "alarm") {
      const cleared = event.state === "cleared";
      return [{ t, glyph: cleared ? "+" : "A", colour: cleared ? "green" : "red" }];
    }
    if (event.kind === "disk-stall") return [{ t, glyph: "d", colour: "yellow" }];
    if (event.kind === "clock-step") return [{ t, glyph: "c", colour: "yellow" }];
    if (event.kind === "standstill") return [{ t, glyph: "z", colour: "red" }];
    if (event.kind === "alert") {
      const fired = event.state === "fired";
      return [{ t, glyph: fired ? "!" : "+", colour: fired ? "red" : "green" }];
    }
    if (event.kind === "fault") {
      const glyph = faultGlyphs[event.state];
      return glyph === undefined ? [] : [{ t, glyph, colour: faultColours[event.state] }];
    }
    if (event.kind !== "node") return [];
    if (event.state === "lost") return [{ t, glyph: "v", colour: "red" }];
    return event.state === "ready" ? [{ t, glyph: "^", colour: "green" }] : [];
  });
}

/** Budgets whose alert is on. */
export function activeAlerts(events: readonly OrderedEvent[]): string[] {
  const active = new Set<string>();
  for (const event of events) {
    if (event.kind !== "alert") continue;
    if (event.state === "fired") active.add(event.budget);
    else active.delete(event.budget);
  }
  return [...active];
}
