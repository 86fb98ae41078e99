/** What the operator looks at, and what each key does to it. A pure function; nothing here stops a run. */

import { noteLengthMax } from "./bench-messages.ts";

export const windowsS = [15, 30, 60, 120, 300, 900, 3600, 14_400, 86_400] as const;

export interface ViewState {
  /** Index of the panel that keys act on. */
  readonly focus: number;
  readonly zoomed: boolean;
  readonly help: boolean;
  /** Index into `windowsS`. */
  readonly zoom: number;
  /** The second looked at; undefined follows the newest one. */
  readonly heldAtS: number | undefined;
  readonly filter: string;
  /** A note that is being typed; undefined otherwise. */
  readonly note: string | undefined;
  /** A note that is to be put on the timeline. */
  readonly noted: string | undefined;
  /** Characters go to the filter. */
  readonly typing: boolean;
  readonly quit: boolean;
  /** The focused panel is to be copied. */
  readonly copy: boolean;
  /** A dialogue is to be opened. */
  readonly act: "inject" | "heal" | undefined;
}

type Arrow = "left" | "right" | "up" | "down";

export type Key =
  /** One character, or what was pasted into a line that is being typed. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "tab"; readonly back: boolean }
  | { readonly kind: "enter" | "escape" | "backspace" | Arrow | "interrupt" };

export interface KeyContext {
  readonly panels: number;
  readonly logPanel: number;
  /** There is a run to put notes on. */
  readonly takesNotes: boolean;
  /** The second that is shown. */
  readonly atS: number;
  /** The newest one that can be shown. */
  readonly endS: number;
}

export const firstView: ViewState = {
  focus: 0,
  zoomed: false,
  help: false,
  zoom: 3,
  heldAtS: undefined,
  filter: "",
  typing: false,
  note: undefined,
  noted: undefined,
  quit: false,
  copy: false,
  act: undefined,
};

const filterMax = 80;

export function pressKey(state: ViewState, key: Key, context: KeyContext): ViewState {
  if (key.kind === "interrupt") return { ...state, quit: true };
  if (state.note !== undefined) return noteTyped(state, state.note, key);
  if (state.typing) return typed(state, key);
  switch (key.kind) {
    case "tab": {
      const step = key.back ? context.panels - 1 : 1;
      return { ...state, focus: (state.focus + step) % context.panels };
    }
    case "enter":
      return { ...state, zoomed: !state.zoomed, help: false };
    case "escape":
      return { ...state, zoomed: false, help: false, filter: "" };
    case "left":
    case "right":
      return moved(state, key.kind === "left" ? -1 : 1, context);
    case "backspace":
    case "up":
    case "down":
      return state;
    case "text":
      return [...key.text].reduce((now, text) => commanded(now, text, context), state);
  }
}

function commanded(state: ViewState, text: string, context: KeyContext): ViewState {
  if (state.note !== undefined) return noteTyped(state, state.note, { kind: "text", text });
  if (state.typing) return typed(state, { kind: "text", text });
  // What was pasted behind it is no answer to a question that nobody has seen yet.
  if (state.act !== undefined) return state;
  const digit = Number(text);
  if (text >= "1" && text <= "9") {
    return digit <= context.panels ? { ...state, focus: digit - 1 } : state;
  }
  switch (text) {
    case "?":
      return { ...state, help: !state.help };
    case "q":
      return { ...state, quit: true };
    case "m":
      return context.takesNotes ? { ...state, note: "", help: false } : state;
    case "y":
      return { ...state, copy: true };
    case "f":
      return { ...state, act: "inject", help: false };
    case "h":
      return { ...state, act: "heal", help: false };
    case "z":
      return { ...state, zoomed: !state.zoomed };
    case " ":
      return { ...state, heldAtS: state.heldAtS === undefined ? context.atS : undefined };
    case "e":
      return { ...state, heldAtS: undefined };
    case "<":
    case ",":
      return moved(state, -1, context);
    case ">":
    case ".":
      return moved(state, 1, context);
    case "+":
    case "=":
      return { ...state, zoom: Math.max(0, state.zoom - 1) };
    case "-":
      return { ...state, zoom: Math.min(windowsS.length - 1, state.zoom + 1) };
    case "/":
      return { ...state, focus: context.logPanel, typing: true, filter: "", help: false };
    default:
      return state;
  }
}

/** By a tenth of the window; at the newest second the view follows again. */
function moved(state: ViewState, direction: -1 | 1, { atS, endS }: KeyContext): ViewState {
  const step = Math.max(1, Math.round((windowsS[state.zoom] ?? 120) / 10));
  const to = Math.max(0, (state.heldAtS ?? atS) + direction * step);
  return { ...state, heldAtS: to >= endS ? undefined : to };
}

function typed(state: ViewState, key: Key): ViewState {
  if (key.kind === "enter") return { ...state, typing: false };
  if (key.kind === "escape") return { ...state, typing: false, filter: "" };
  if (key.kind === "backspace") return { ...state, filter: state.filter.slice(0, -1) };
  if (key.kind !== "text") return state;
  return { ...state, filter: (state.filter + key.text).slice(0, filterMax) };
}

function noteTyped(state: ViewState, note: string, key: Key): ViewState {
  const noted = note.trim();
  if (key.kind === "enter") {
    return { ...state, note: undefined, noted: noted === "" ? undefined : noted };
  }
  if (key.kind === "escape") return { ...state, note: undefined };
  if (key.kind === "backspace") return { ...state, note: note.slice(0, -1) };
  if (key.kind !== "text") return state;
  return { ...state, note: (note + key.text).slice(0, noteLengthMax) };
}
