/** What is on the screen at the moment: model, view and clock together, for Ink to draw and to send keys to. */
import type { PanelDefinition } from "../../metrics/panel.ts";
import { actionsOf } from "../../recording/recorded-actions.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import type { Budget } from "../../verdict/budgets/budget.ts";
import { parseBudget } from "../../verdict/budgets/budget-grammar.ts";
import type { FaultDesk } from "../faults/fault-desk.ts";
import { sameAsText } from "../faults/fault-dialog.ts";
import { FaultKeys } from "../faults/fault-keys.ts";
import { drawFrame } from "../frame/frame.ts";
import type { SameAsCommands } from "../frame/help.ts";
import type { Look } from "../frame/look.ts";
import type { RunModel } from "../model/run-model.ts";
import { type Snapshot, snapshotAt } from "../model/snapshot.ts";
import type { Axes, Panel } from "../panels/panel.ts";
import { panelsOf } from "../panels/panels.ts";
import type { Pasted, Screen } from "./dashboard-app.tsx";
import { asOneLine, keysIn } from "./keys-in.ts";
import { firstView, type Key, pressKey, type ViewState, windowsS } from "./view-state.ts";
import type { WatchClock } from "./watch-clock.ts";

const copySize = { width: 100, height: 24 } as const;

export interface WatchScreenOptions {
  readonly model: RunModel;
  readonly clock: WatchClock;
  readonly look: Look;
  readonly panels: readonly PanelDefinition[];
  /** @param interrupt By Ctrl-C. May be called again. */
  readonly onQuit: (interrupt: boolean) => void;
  /** Puts text on the operator's clipboard. */
  readonly onCopy?: (text: string) => void;
  /** Puts a note on the run's timeline; absent where that is not ours to write. */
  readonly onNote?: (text: string) => void;
  /** Who can break and heal the backend of the run; it says why when nobody can. */
  readonly faults: FaultDesk;
  readonly commands: SameAsCommands;
  /** For the operator, in the place of the keys; empty when there is nothing to say. */
  readonly notice?: () => string;
}

export class WatchScreen implements Screen {
  mode = "";
  readonly #options: WatchScreenOptions;
  readonly #panels: readonly Panel[];
  /** Those that the recording has something for. */
  #shown: readonly Panel[];
  readonly #budgets: readonly Budget[];
  readonly #axes: Axes = new Map();
  readonly #listeners = new Set<() => void>();
  #view: ViewState;
  #version = 0;
  /** What the last key did, where that can't be seen. */
  #done = "";
  readonly #faults: FaultKeys;

  constructor(options: WatchScreenOptions) {
    this.#options = options;
    const { run } = options.model;
    this.#panels = panelsOf(actionsOf(run), options.panels);
    this.#shown = this.#panels.filter(({ isShown }) => isShown === undefined);
    this.#budgets = readableBudgets(run);
    // The whole run, where it is short enough to be read at a glance.
    const wanted = windowsS.findIndex((windowS) => windowS >= Math.min(run.durationS, 300));
    this.#view = { ...firstView, zoom: wanted };
    this.#faults = new FaultKeys({
      desk: options.faults,
      say: (text) => {
        this.#done = text;
      },
      redraw: () => this.redraw(),
    });
  }

  get held(): boolean {
    return this.#view.heldAtS !== undefined;
  }

  redraw(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  readonly version = (): number => this.#version;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  press(key: Key | Pasted): void {
    if (key.kind !== "paste") this.#press(key);
    else if (this.#isTyping) this.#press({ kind: "text", text: asOneLine(key.text) });
    else for (const each of keysIn(key.text)) this.#press(each);
  }

  get #isTyping(): boolean {
    return (
      this.#faults.dialog === undefined && (this.#view.typing || this.#view.note !== undefined)
    );
  }

  #press(key: Key): void {
    if (this.#faults.dialog !== undefined && key.kind !== "interrupt") {
      this.#done = "";
      this.#faults.press(key);
      this.redraw();
      return;
    }
    const { model, clock } = this.#options;
    const panels = this.#shown.length;
    const before = this.#view;
    this.#view = pressKey(before, key, {
      panels,
      logPanel: panels - 1,
      takesNotes: this.#options.onNote !== undefined,
      atS: this.#atS(),
      endS: model.lastS,
    });
    const { heldAtS, quit, copy, noted, act } = this.#view;
    this.#view = { ...this.#view, quit: false, copy: false, noted: undefined, act: undefined };
    if (noted !== undefined) this.#options.onNote?.(noted);
    this.#done = copy ? this.#copy() : this.#wordOn(before, noted);
    if (act !== undefined) this.#faults.open(act);
    // A replay is moved itself; a live run can only be looked back at.
    if (before.heldAtS !== undefined && heldAtS === undefined) {
      clock.jump(key.kind === "text" && key.text === " " ? before.heldAtS : model.lastS);
    }
    if (quit) this.#options.onQuit(key.kind === "interrupt");
    this.redraw();
  }

  draw(columns: number, rows: number): readonly string[] {
    const { model, look } = this.#options;
    const windowS = windowsS[this.#view.zoom] ?? 120;
    const snapshot = snapshotAt(model, { atS: this.#atS(), windowS, budgets: this.#budgets });
    this.#choosePanels(snapshot);
    return drawFrame({
      snapshot,
      view: this.#view,
      panels: this.#shown,
      columns,
      rows,
      look,
      axes: this.#axes,
      mode: this.mode,
      dialog: this.#faults.dialog,
      commands: this.#options.commands,
      notice: this.#options.notice?.() || this.#done,
    });
  }

  /** One that comes in while the run goes on does not take the focus from the one that has it. */
  #choosePanels(snapshot: Snapshot): void {
    const shown = this.#panels.filter((panel) => panel.isShown?.(snapshot) ?? true);
    const before = this.#shown[this.#view.focus];
    if (shown.length === this.#shown.length) return;
    this.#shown = shown;
    const focus = before === undefined ? 0 : Math.max(0, shown.indexOf(before));
    this.#view = { ...this.#view, focus };
  }

  /** What a key did that leaves the screen as it is, and the command that does it. */
  #wordOn(before: ViewState, noted: string | undefined): string {
    if (noted !== undefined) return `on the timeline: "${noted}"; ${sameAsText(null)}`;
    const { typing, filter } = this.#view;
    if (!before.typing || typing || filter === "") return "";
    const quoted = `'${filter.replaceAll("'", "'\\''")}'`;
    return sameAsText(`grep -i ${quoted} ${this.#options.commands.folder}/logs/*.log`);
  }

  /** The focused panel as plain text, as large as a ticket takes it. */
  #copy(): string {
    const { model, look, onCopy } = this.#options;
    const panel = this.#shown[this.#view.focus];
    if (panel === undefined || onCopy === undefined) return "";
    const { zoom, filter } = this.#view;
    const windowS = windowsS[zoom] ?? 120;
    const snapshot = snapshotAt(model, { atS: this.#atS(), windowS, budgets: this.#budgets });
    const lines = panel.lines(snapshot, {
      ...copySize,
      look: { ...look, colour: false },
      axes: this.#axes,
      windowS,
      filter,
    });
    const { runId } = model.run;
    const title = `${runId} t=${snapshot.atS}s ${panel.title}`;
    onCopy([title, ...lines, ""].map((line) => line.trimEnd()).join("\n"));
    return `copied "${panel.title}" by OSC 52, if the terminal lets us; no command does the same; the run as text: hunt report ${runId}`;
  }

  #atS(): number {
    const { model, clock } = this.#options;
    return Math.min(this.#view.heldAtS ?? Number.POSITIVE_INFINITY, clock.newest(model.lastS));
  }
}

/** A budget of the recording that can't be read has no line on a chart; the verdict says what is wrong. */
function readableBudgets(run: RunDocument): Budget[] {
  return run.budgets.flatMap((text) => {
    try {
      return [parseBudget(text, run)];
    } catch {
      return [];
    }
  });
}
