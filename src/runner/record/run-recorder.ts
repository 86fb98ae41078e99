/** The recording of a run as the runner writes it: run.json's state, the timeline, the summary. */

import type { Clock } from "../../environment.ts";
import { HuntError } from "../../hunt-error.ts";
import type { RunStart } from "../../metrics/run-start.ts";
import type { MetricsSink } from "../../metrics/sink.ts";
import { optional } from "../../optional.ts";
import { reasonOf } from "../../reason-of.ts";
import { RecordingWriter } from "../../recording/recording-writer.ts";
import type { RunDocument, RunState } from "../../recording/run-document.ts";
import { type RunFolder, runFile, writeDocument } from "../../recording/run-folder.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import type { NodeExit, ProbeNews } from "../../runtime/runtime.ts";
import type { Summary } from "../../verdict/summary-document.ts";
import type { StopSwitch } from "../stop-cause.ts";

type Note = Omit<Extract<TimelineEvent, { kind: "note" }>, "t">;

export class RunRecorder {
  readonly folder: RunFolder;
  readonly #writer: RecordingWriter;
  readonly #stop: StopSwitch;
  readonly #clock: Clock;
  #document: RunDocument;
  /** Run second 0 by the monotonic clock; until the load starts, the moment at which the run was begun. */
  #startMs: number;
  /** Notes of the time before it, which have no second until it is known; undefined from then on. */
  #early: { readonly atMs: number; readonly note: Note }[] | undefined = [];

  constructor(folder: RunFolder, document: RunDocument, stop: StopSwitch, clock: Clock) {
    this.folder = folder;
    this.#document = document;
    this.#stop = stop;
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
    this.#writer = new RecordingWriter({
      folder,
      onWriteError: (error) => {
        const full = error.code === "recording.disk-full";
        stop.stop({ reason: full ? "disk-full" : "write-failed", detail: error.message });
      },
    });
  }

  /** Where collectors and the load's frames go. */
  get sink(): MetricsSink & Pick<RecordingWriter, "counts" | "endFrame"> {
    return this.#writer;
  }

  open(): Promise<void> {
    return this.#writer.run(this.#document);
  }

  /** Fixes run second 0; a failure to write goes where every write error goes. */
  begin({ monotonicMs, unixMs }: RunStart): void {
    this.#startMs = monotonicMs;
    this.#writer.begin(unixMs);
    this.#writeEarlyNotes();
    this.#document = { ...this.#document, startedAt: new Date(unixMs).toISOString() };
    void this.#writer.run(this.#document);
  }

  get document(): RunDocument {
    return this.#document;
  }

  /** What the run turned out to be; written when it ends. */
  amend(change: (document: RunDocument) => RunDocument): void {
    this.#document = change(this.#document);
  }

  /** The same, for those who watch: written at once. */
  amendNow(change: (document: RunDocument) => RunDocument): void {
    this.amend(change);
    void this.#writer.run(this.#document);
  }

  /** Seconds since run second 0. */
  now(): number {
    return (this.#clock.monotonicMs() - this.#startMs) / 1000;
  }

  /** @param by The operator, where hunt did not write it itself: those are in the reports. */
  note(text: string, by?: "operator"): void {
    const note: Note = { kind: "note", text, ...optional({ by }) };
    if (this.#early !== undefined) this.#early.push({ atMs: this.#clock.monotonicMs(), note });
    else this.#writer.event({ t: this.now(), ...note });
  }

  phase(t: number, phase: string, state: "begin" | "end"): void {
    this.#writer.event({ t, kind: "phase", phase, state });
  }

  nodeLost(node: string, detail: string): void {
    this.#writer.event({ t: this.now(), kind: "node", node, state: "lost", detail });
  }

  nodesEnded(exits: readonly NodeExit[]): void {
    for (const exit of exits) {
      const detail = exit.signal === undefined ? `exit code ${exit.code}` : exit.signal;
      this.#writer.event({
        t: this.now(),
        kind: "node",
        node: exit.nodeId,
        state: "exited",
        detail,
      });
      // What the kernel says at the end is exact; the last sample may be a second old.
      this.#writer.sample(this.now(), `node.${exit.nodeId}.cpuSeconds`, exit.cpuSeconds);
      this.#writer.sample(this.now(), `node.${exit.nodeId}.rssBytes`, exit.rssMaxBytes);
    }
  }

  /** Before the load there is no second to write it at; then it is a note. */
  probed({ nodeId, probe, state, detail, atMonotonicMs }: ProbeNews): void {
    if (this.#early !== undefined) {
      this.note(`${probe} of ${nodeId} ${state}: ${detail}`);
      return;
    }
    const t = (atMonotonicMs - this.#startMs) / 1000;
    this.#writer.event({ t, kind: "probe", node: nodeId, probe, state, detail });
  }

  /** Writes how the run ended. `failure` is what was thrown, if anything was. */
  async close(failure: unknown): Promise<void> {
    this.#writeEarlyNotes();
    this.#document = { ...this.#document, state: this.#endState(failure) };
    await this.#writer.run(this.#document);
    await this.#writer.close();
  }

  async writeSummary(summary: Summary): Promise<void> {
    if (!this.#writer.failed) await writeDocument(runFile(this.folder, "summary"), summary);
  }

  #writeEarlyNotes(): void {
    for (const { atMs, note } of this.#early ?? []) {
      this.#writer.event({ t: (atMs - this.#startMs) / 1000, ...note });
    }
    this.#early = undefined;
  }

  #endState(failure: unknown): RunState {
    const cause = this.#stop.cause;
    if (cause !== undefined) {
      return { kind: "partial", reason: cause.reason, detail: cause.detail };
    }
    if (failure === undefined) return { kind: "finished" };
    const detail = reasonOf(failure);
    return {
      kind: "partial",
      reason: failure instanceof HuntError ? "start-failed" : "bug",
      detail,
    };
  }
}
