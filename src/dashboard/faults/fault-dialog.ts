/**
 * The dialogue of `f` and `h`, as states and keys; a pure function, without a word of what a fault is:
 *
 *   f: menu ▸ kind ▸ target ▸ with ▸ how long ▸ dry run ▸ yes
 *   h:                                          dry run ▸ yes
 */

import { optional } from "../../optional.ts";
import type { Key } from "../screen/view-state.ts";
import type { FaultAnswer, FaultMenuEntry, FaultQuestion } from "./fault-desk.ts";

export interface FaultChoice {
  readonly step: "choose";
  readonly faults: readonly FaultMenuEntry[];
  /** What was chosen so far, in the order of the steps. */
  readonly chosen: readonly string[];
  readonly index: number;
}

export type FaultDialog =
  | { readonly step: "waiting"; readonly question: FaultQuestion; readonly back?: FaultChoice }
  | FaultChoice
  | {
      readonly step: "confirm";
      readonly title: string;
      readonly dryRun: Extract<FaultAnswer, { kind: "dry-run" }>;
      /** What is asked for when the operator says yes. */
      readonly then: FaultQuestion;
      readonly back?: FaultChoice | undefined;
    }
  | {
      readonly step: "refused";
      readonly title: string;
      readonly why: string;
      readonly back?: FaultChoice | undefined;
    };

export type ChoiceStep = "kind" | "target" | "settings" | "length";

/** What the next choice is about; undefined when all is chosen. */
export function choiceStep(choice: FaultChoice): ChoiceStep | undefined {
  return stepsOf(entryOf(choice))[choice.chosen.length];
}

/** What there is to choose from. */
export function optionsOf(choice: FaultChoice): readonly string[] {
  const entry = entryOf(choice);
  switch (choiceStep(choice)) {
    case "kind":
      return choice.faults.map(({ kind }) => kind);
    case "target":
      return entry?.targets ?? [];
    case "settings":
      return entry?.settings ?? [];
    case "length":
      return entry?.lengths ?? [];
    case undefined:
      return [];
  }
}

/** `kill proxy/1 for 3s`, as far as it is chosen. */
export function expressionOf(choice: FaultChoice): string {
  const steps = stepsOf(entryOf(choice));
  const words = { kind: "", target: "", settings: "with ", length: "for " };
  return choice.chosen
    .flatMap((text, index) => {
      const step = steps[index];
      return step === undefined || text === "" ? [] : [`${words[step]}${text}`];
    })
    .join(" ");
}

export interface DialogMove {
  /** Undefined: it is closed. */
  readonly dialog: FaultDialog | undefined;
  readonly ask?: FaultQuestion;
}

export function pressInDialog(dialog: FaultDialog, key: Key): DialogMove {
  switch (dialog.step) {
    case "waiting":
      return { dialog: key.kind === "escape" ? undefined : dialog };
    case "choose":
      return pressInChoice(dialog, key);
    case "confirm":
      if (key.kind === "enter" || textOf(key) === "y") return asking(dialog.then);
      return leaving(dialog, key);
    case "refused":
      return leaving(dialog, key);
  }
}

/** What follows from an answer; a `said` is for the line of keys. */
export function answered(
  { question, back }: Extract<FaultDialog, { step: "waiting" }>,
  answer: FaultAnswer,
): { readonly dialog: FaultDialog | undefined; readonly said?: string } {
  switch (answer.kind) {
    case "menu":
      return { dialog: { step: "choose", faults: answer.faults, chosen: [], index: 0 } };
    case "dry-run": {
      const heal = question.kind === "heal-dry-run";
      const title = "expression" in question ? question.expression : "heal all faults";
      const then: FaultQuestion =
        "expression" in question && !heal
          ? { kind: "inject", expression: question.expression }
          : { kind: "heal" };
      return { dialog: { step: "confirm", title, dryRun: answer, then, back } };
    }
    case "done":
      return { dialog: undefined, said: `${answer.text}; ${sameAsText(answer.sameAs)}` };
    case "refused": {
      // Nothing was being put together that could be mended.
      if (!("expression" in question)) return { dialog: undefined, said: answer.why };
      return { dialog: { step: "refused", title: question.expression, why: answer.why, back } };
    }
  }
}

export function sameAsText(command: string | null): string {
  return command === null ? "no command does the same" : `same as: ${command}`;
}

function pressInChoice(choice: FaultChoice, key: Key): DialogMove {
  const options = optionsOf(choice);
  const letter = textOf(key);
  if (key.kind === "up" || letter === "k") return moved(choice, -1, options.length);
  if (key.kind === "down" || letter === "j") return moved(choice, 1, options.length);
  if (letter === "q") return { dialog: undefined };
  if (key.kind === "enter" || key.kind === "right" || letter === " ") {
    const option = options[choice.index];
    if (option === undefined) return { dialog: choice };
    const next = { ...choice, chosen: [...choice.chosen, option], index: 0 };
    if (choiceStep(next) !== undefined) return { dialog: next };
    return asking({ kind: "dry-run", expression: expressionOf(next) }, choice);
  }
  if (key.kind === "escape" || key.kind === "left" || key.kind === "backspace") {
    const last = choice.chosen.at(-1);
    if (last === undefined) return { dialog: key.kind === "escape" ? undefined : choice };
    const before = { ...choice, chosen: choice.chosen.slice(0, -1) };
    return { dialog: { ...before, index: Math.max(0, optionsOf(before).indexOf(last)) } };
  }
  return { dialog: choice };
}

function moved(choice: FaultChoice, step: -1 | 1, count: number): DialogMove {
  return { dialog: { ...choice, index: (choice.index + step + count) % Math.max(1, count) } };
}

function asking(question: FaultQuestion, back?: FaultChoice): DialogMove {
  return {
    dialog: { step: "waiting", question, ...optional({ back }) },
    ask: question,
  };
}

function leaving(dialog: Extract<FaultDialog, { step: "confirm" | "refused" }>, key: Key) {
  if (key.kind === "left" || key.kind === "backspace") return { dialog: dialog.back ?? dialog };
  return key.kind === "escape" || textOf(key) === "q" ? { dialog: undefined } : { dialog };
}

function textOf(key: Key): string | undefined {
  return key.kind === "text" ? key.text : undefined;
}

function entryOf({ faults, chosen }: FaultChoice): FaultMenuEntry | undefined {
  return faults.find(({ kind }) => kind === chosen[0]);
}

function stepsOf(entry: FaultMenuEntry | undefined): readonly ChoiceStep[] {
  return [
    "kind",
    "target",
    ...(entry !== undefined && entry.settings.length > 0 ? (["settings"] as const) : []),
    ...(entry !== undefined && entry.lengths.length > 0 ? (["length"] as const) : []),
  ];
}
