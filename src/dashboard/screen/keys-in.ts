/**
 * Several keys that came in as one piece of text, as they do over a slow line: each of them counts. Escape
 * sequences are Ink's to keep whole, and what is left between them comes here.
 */
import type { Key } from "./view-state.ts";

const named: Readonly<Record<string, Key>> = {
  "\r": { kind: "enter" },
  "\n": { kind: "enter" },
  "\r\n": { kind: "enter" },
  "\t": { kind: "tab", back: false },
  "\b": { kind: "backspace" },
  "\u007f": { kind: "backspace" },
  "\u0003": { kind: "interrupt" },
  "\u001b": { kind: "escape" },
};

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** In the order in which they were pressed. Control characters that are no key of ours are left out. */
export function keysIn(text: string): Key[] {
  return [...graphemes.segment(text)].flatMap(({ segment }): Key[] => {
    const key = named[segment];
    if (key !== undefined) return [key];
    return /^\p{Cc}/u.test(segment) ? [] : [{ kind: "text", text: segment }];
  });
}

/** What was pasted into a line that is being typed: a line end is no Enter there. */
export function asOneLine(text: string): string {
  return text.trimEnd().replaceAll(/\p{Cc}+/gu, " ");
}
