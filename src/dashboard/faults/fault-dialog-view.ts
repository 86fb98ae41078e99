/** The dialogue of `f` and `h` as lines of text. */

import type { Span } from "../frame/look.ts";
import { wrapped } from "../frame/wrapped.ts";
import {
  choiceStep,
  expressionOf,
  type FaultChoice,
  type FaultDialog,
  optionsOf,
  sameAsText,
} from "./fault-dialog.ts";

export interface DialogView {
  readonly title: string;
  readonly lines: readonly (readonly Span[])[];
  /** In the place of the dashboard's own keys. */
  readonly keys: string;
}

const questions = {
  kind: "What is to break?",
  target: "What does it act on?",
  settings: "With what?",
  length: "For how long?",
} as const;
const labelWidth = 11;
const choiceKeys = "up/down choose  Enter next  Esc back  q close";

/** @param width and height of the room for its lines. */
export function viewOf(
  dialog: FaultDialog,
  { width, height }: { width: number; height: number },
): DialogView {
  const room = width - 2;
  switch (dialog.step) {
    case "waiting":
      return { title: "fault", lines: [["asking ..."]], keys: "Esc close" };
    case "choose":
      return { title: "fault", lines: choiceLines(dialog, room, height), keys: choiceKeys };
    case "confirm": {
      const { lines, sameAs } = dialog.dryRun;
      const same = sameAsText(sameAs);
      return {
        title: "dry run: nothing was done yet",
        lines: [
          [[dialog.title, "bold"]],
          [""],
          ...lines.flatMap(({ label, text }) => labelled(label, text, room)),
          ...labelled("", same, room),
          [""],
          [
            ["Do it?  ", "bold"],
            ["y or Enter: yes    Esc: no", "yellow"],
          ],
        ],
        keys: `y, Enter do it  ${dialog.back === undefined ? "" : "left choose again  "}Esc drop it`,
      };
    }
    case "refused":
      return {
        title: "refused: nothing was done",
        lines: [
          [[dialog.title, "bold"]],
          [""],
          ...wrapped(dialog.why, room).map((text): Span[] => [[text, "yellow"]]),
        ],
        keys: `${dialog.back === undefined ? "" : "left choose again  "}Esc close`,
      };
  }
}

/** The list moves under the chosen option when it is longer than the room. */
function choiceLines(choice: FaultChoice, room: number, height: number): Span[][] {
  const options = optionsOf(choice);
  const step = choiceStep(choice) ?? "kind";
  const soFar = expressionOf(choice);
  const head: Span[] = [
    [`${questions[step]}  `, "bold"],
    [soFar === "" ? "" : `${soFar} ...`, "cyan"],
  ];
  const shown = Math.max(1, height - 3);
  const from = Math.max(0, Math.min(choice.index - Math.floor(shown / 2), options.length - shown));
  const widest = Math.max(...options.map((option) => wordOf(option).length));
  const lines = options.slice(from, from + shown).map((option, at): Span[] => {
    const chosen = from + at === choice.index;
    const note = step === "kind" ? (choice.faults[from + at]?.description ?? "") : "";
    return [
      [`${chosen ? ">" : " "} ${wordOf(option).padEnd(widest)}`, chosen ? "cyan" : "plain"],
      [note === "" ? "" : `  ${cut(note, room - widest - 4)}`, "dim"],
    ];
  });
  const more = options.length > shown ? `${choice.index + 1} of ${options.length}` : "";
  return [head, ...lines, [[more, "dim"]]];
}

function wordOf(option: string): string {
  return option === "" ? "(nothing more)" : option;
}

function labelled(label: string, text: string, room: number): Span[][] {
  const width = Math.max(labelWidth, label.length + 2);
  return wrapped(text, room - width).map((line, index): Span[] => [
    [(index === 0 ? label : "").padEnd(width), "dim"],
    line,
  ]);
}

/** At a word, where one ends in the room. */
function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  const [first = ""] = wrapped(text, Math.max(1, room - 3));
  return `${first}...`;
}
