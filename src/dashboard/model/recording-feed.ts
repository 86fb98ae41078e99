/**
 * Reads a run folder into a RunModel, as far as it is written, again and again. It only reads: the run it
 * watches does not know of it. Each call has a bound in time, so that a long recording is shown while
 * it is being read.
 */
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as otherWork } from "node:timers/promises";
import { z } from "zod";
import { decodeBuckets } from "../../metrics/histogram/histogram-encoding.ts";
import type { PanelDefinition } from "../../metrics/panel.ts";
import { FileTail } from "../../recording/files/file-tail.ts";
import { parseLatencyLine } from "../../recording/files/latency-log.ts";
import { type RunEntry, readRunEntry } from "../../recording/read-run-document.ts";
import { type RunFolder, runFile, runFiles } from "../../recording/run-folder.ts";
import { parseTimelineEvent } from "../../recording/timeline/events.ts";
import { type LogLine, RunModel } from "./run-model.ts";

/** Of each log only the end is read: the log pane keeps 4,000 lines of all nodes. */
const logTailBytes = 256 * 1024;
/** A run whose timeline did not grow for this long is over, whatever run.json says. */
const silentAfterMs = 10_000;

export interface FeedStatus {
  /** `running`; `ended`: finished or partial; `silent`: says that it runs, but nobody writes. */
  readonly state: "running" | "ended" | "silent";
  /** Everything that is in the files was read. */
  readonly caughtUp: boolean;
}

/** What is shown of a summary; a newer hunt may have written more into it. */
const outcomeSchema = z.object({
  verdict: z.object({ outcome: z.string(), reasons: z.array(z.string()) }),
  guarantees: z.array(
    z.object({
      /** Absent in summaries of version 1. */
      lane: z.string().optional(),
      id: z.string(),
      outcome: z.string(),
      violations: z.number(),
    }),
  ),
});

interface Clocks {
  nowMs(): number;
  monotonicMs(): number;
}

export class RecordingFeed {
  readonly model: RunModel;
  readonly folder: RunFolder;
  readonly #clock: Clocks;
  readonly #timeline: FileTail;
  readonly #latency: FileTail;
  readonly #logs = new Map<string, FileTail>();
  readonly #damaged = new Map<string, number>();
  #runReadAtMs = 0;
  #summaryRead = false;

  readonly #upgradedEvent: RunEntry["upgradedEvent"];

  private constructor({ folder, upgradedEvent }: RunEntry, model: RunModel, clock: Clocks) {
    this.folder = folder;
    this.#upgradedEvent = upgradedEvent;
    this.model = model;
    this.#clock = clock;
    this.#timeline = new FileTail(runFile(folder, "timeline"));
    this.#latency = new FileTail(runFile(folder, "latency"));
  }

  /**
   * @param panelsOf What a lane of the run wants to be shown of itself.
   * @throws HuntError when the folder is no run, one of a newer hunt, or its run.json is damaged.
   */
  static async open(
    path: string,
    panelsOf: (lane: string) => readonly PanelDefinition[],
    clock: Clocks,
  ): Promise<RecordingFeed> {
    const entry = await readRunEntry(path);
    const panels = Object.keys(entry.run.lanes).flatMap(panelsOf);
    return new RecordingFeed(entry, new RunModel(entry.run, panels), clock);
  }

  /** Reads on for at most about `budgetMs`. */
  async poll(budgetMs: number): Promise<FeedStatus> {
    const until = this.#clock.monotonicMs() + budgetMs;
    await this.#readRun();
    let timelineDone = false;
    let latencyDone = false;
    for (;;) {
      timelineDone = !this.#step(this.#timeline, "timeline", (line) => this.#event(line));
      latencyDone = !this.#step(this.#latency, "latency", (line) => this.#histogram(line));
      if ((timelineDone && latencyDone) || this.#clock.monotonicMs() >= until) break;
      // Keys are answered while a long recording is read.
      await otherWork();
    }
    const caughtUp = timelineDone && latencyDone;
    if (caughtUp) this.#readLogs();
    const state = this.#state();
    if (state === "ended" && caughtUp) await this.#readOutcome();
    this.model.problems = this.#problems(state, caughtUp);
    return { state, caughtUp };
  }

  #step(tail: FileTail, name: string, visit: (line: string) => void): boolean {
    const lines = tail.next();
    for (const line of lines ?? []) {
      try {
        visit(line);
      } catch {
        this.#damaged.set(name, (this.#damaged.get(name) ?? 0) + 1);
      }
    }
    return lines !== undefined;
  }

  #event(line: string): void {
    // Most lines are samples that no panel shows; they need not be parsed to be left out.
    const series = /"kind":"sample","series":"([^"]+)"/.exec(line)?.[1];
    if (series !== undefined && !this.model.wantsSample(series)) return;
    const event = parseTimelineEvent(line, this.#upgradedEvent);
    if (!("unknownKind" in event)) this.model.addEvent(event);
  }

  #histogram(line: string): void {
    const series = /^Tag=([^,]+),/.exec(line)?.[1];
    if (series !== undefined && !this.model.wantsHistogram(series)) return;
    const parsed = parseLatencyLine(line);
    if (parsed === undefined) return;
    this.model.addHistogram(parsed.series, parsed.second, decodeBuckets(parsed.hdr));
  }

  /** It is replaced whole when the load begins and when the run ends. */
  async #readRun(): Promise<void> {
    const changedAtMs = fileAt(runFile(this.folder, "run")).mtimeMs;
    if (changedAtMs === 0 || changedAtMs === this.#runReadAtMs) return;
    this.#runReadAtMs = changedAtMs;
    this.model.run = (await readRunEntry(this.folder.path)).run;
  }

  #state(): FeedStatus["state"] {
    if (this.model.run.state.kind !== "running") return "ended";
    const files = (["timeline", "run", "latency"] as const).map((name) =>
      runFile(this.folder, name),
    );
    const newestMs = Math.max(...files.map((path) => fileAt(path).mtimeMs));
    return this.#clock.nowMs() - newestMs > silentAfterMs ? "silent" : "running";
  }

  async #readOutcome(): Promise<void> {
    if (this.#summaryRead) return;
    const text = await readFile(runFile(this.folder, "summary"), "utf8").catch(() => undefined);
    if (text === undefined) return;
    this.#summaryRead = true;
    try {
      const { verdict, guarantees } = outcomeSchema.parse(JSON.parse(text));
      this.model.outcome = { outcome: verdict.outcome, reasons: verdict.reasons, guarantees };
    } catch {
      this.#damaged.set("summary", 1);
    }
  }

  #readLogs(): void {
    const nodes = [...this.model.run.nodes.map(({ id }) => id), "k6/1"];
    const lines: LogLine[] = [];
    for (const node of nodes) {
      const tail = this.#logOf(node);
      for (let next = tail.next(); next !== undefined; next = tail.next()) {
        lines.push(...next.map((text) => ({ t: this.#timeOf(text), node, text })));
      }
    }
    for (const line of lines.toSorted((left, right) => (left.t ?? 0) - (right.t ?? 0))) {
      this.model.addLogLine(line);
    }
  }

  #logOf(node: string): FileTail {
    const found = this.#logs.get(node);
    if (found !== undefined) return found;
    const path = join(this.folder.logsDir, `${node.replaceAll("/", "-")}.log`);
    const tail = new FileTail(path, Math.max(0, fileAt(path).size - logTailBytes));
    this.#logs.set(node, tail);
    return tail;
  }

  /** Our services write `at`, engines `ts` or `time`; k6 writes none that is worth reading. */
  #timeOf(text: string): number | null {
    const at = /"(?:at|ts|time)":"([^"]+)"/.exec(text.slice(0, 200))?.[1];
    const ms = Date.parse(at ?? "") - Date.parse(this.model.run.startedAt);
    return Number.isNaN(ms) ? null : ms / 1000;
  }

  #problems(state: FeedStatus["state"], caughtUp: boolean): string[] {
    const { state: recorded } = this.model.run;
    const damaged = [...this.#damaged].map(([name, lines]) => {
      const file = Object.entries(runFiles).find(([key]) => key === name)?.[1] ?? name;
      return `${file}: ${lines} unreadable ${lines === 1 ? "line" : "lines"} left out`;
    });
    if (caughtUp && state !== "running" && this.#timeline.unfinished) {
      damaged.push("timeline.ndjson is cut off");
    }
    if (recorded.kind === "partial") damaged.unshift(`partial: ${recorded.detail}`);
    if (state === "silent") damaged.unshift("nobody writes to this run any more: hunt was killed");
    return damaged;
  }
}

/** Zeroes for a file that is not there. */
function fileAt(path: string): { readonly size: number; readonly mtimeMs: number } {
  try {
    return statSync(path);
  } catch {
    return { size: 0, mtimeMs: 0 };
  }
}
