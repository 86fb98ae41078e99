/**
 * Writes a run folder while the run is going on. Nothing here waits for the disk on the caller's
 * path: lines go to bounded streams, and the first write that fails is reported once through
 * `onWriteError`, after which everything else is dropped, so that the runner can end the run in order.
 */

import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import { exitCodes } from "../exit-codes.ts";
import { HuntError } from "../hunt-error.ts";
import type { ActionCounts } from "../metrics/action-counts.ts";
import { reasonOf } from "../reason-of.ts";
import { formatFrameMark, type LatencyLine, latencyLogHead } from "./files/latency-log.ts";
import type { RunDocument } from "./run-document.ts";
import { isDiskFull, type RunFolder, runFile, writeDocument } from "./run-folder.ts";
import type { TimelineEvent } from "./timeline/events.ts";

/** Lines that the disk has not taken yet, per file; beyond it the recording has failed. */
const maxUnwrittenBytes = 16 * 1024 * 1024;

export interface RecordingWriterOptions {
  readonly folder: RunFolder;
  /**
   * Called at most once, with code `recording.disk-full` or `recording.write-failed` and exit code 4.
   */
  readonly onWriteError: (error: HuntError) => void;
}

export class RecordingWriter {
  readonly #folder: RunFolder;
  readonly #onWriteError: (error: HuntError) => void;
  readonly #timeline: WriteStream;
  readonly #latency: WriteStream;
  #documents: Promise<void> = Promise.resolve();
  #latencyBegun = false;
  #failed = false;
  #closing: Promise<void> | undefined;

  constructor(options: RecordingWriterOptions) {
    this.#folder = options.folder;
    this.#onWriteError = options.onWriteError;
    this.#timeline = this.#open("timeline");
    this.#latency = this.#open("latency");
  }

  /** The first write error was reported; nothing is written any more. */
  get failed(): boolean {
    return this.#failed;
  }

  /** A note that does not say whose it is is hunt's own. */
  event(event: TimelineEvent): void {
    const whole = event.kind === "note" ? { by: "hunt", ...event } : event;
    this.#write(this.#timeline, "timeline", `${JSON.stringify(whole)}\n`);
  }

  /** A reading of `series` at `t` seconds. Not finite: a gap, nothing is written. */
  sample(t: number, series: string, value: number): void {
    if (Number.isFinite(value)) this.event({ t, kind: "sample", series, value });
  }

  /** Adds to what is known of the actions intended in `second`. */
  counts(second: number, action: string, counts: ActionCounts): void {
    this.event({ t: second, kind: "counts", action, ...counts });
  }

  /** The moment of run second 0, for the head of `latency.hlog`; before the first histogram. */
  begin(startUnixMs: number): void {
    if (this.#latencyBegun) return;
    this.#latencyBegun = true;
    this.#write(this.#latency, "latency", latencyLogHead(startUnixMs));
  }

  /**
   * Adds a histogram to `series` at the run second of the intended start.
   * @param hdrBase64 HdrHistogram V2, compressed, base64; microseconds.
   * @throws Error when it cannot be decoded.
   */
  histogram(series: string, second: number, hdrBase64: string): void {
    if (!this.#latencyBegun) throw new Error("A histogram was recorded before begin().");
    this.#write(this.#latency, "latency", formatLatencyLine({ series, second, hdr: hdrBase64 }));
  }

  /** Everything that came in with the generator's run second `second` has been added. */
  endFrame(second: number): void {
    this.#write(this.#latency, "latency", formatFrameMark(second));
  }

  /** Writes run.json, whole; calls keep their order. A failure goes to `onWriteError`. */
  run(document: RunDocument): Promise<void> {
    this.#documents = this.#documents.then(async () => {
      try {
        await writeDocument(runFile(this.#folder, "run"), document);
      } catch (error) {
        this.#fail("run", error);
      }
    });
    return this.#documents;
  }

  /** Resolves when everything is with the operating system, or has failed. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#end(this.#timeline), this.#end(this.#latency), this.#documents]);
  }

  async #end(stream: WriteStream): Promise<void> {
    if (stream.destroyed) return;
    stream.end();
    // Its error has gone to onWriteError already.
    await finished(stream).catch(() => {});
  }

  #open(name: "timeline" | "latency"): WriteStream {
    const stream = createWriteStream(runFile(this.#folder, name), { flags: "a" });
    stream.on("error", (error) => this.#fail(name, error));
    return stream;
  }

  #write(stream: WriteStream, name: "timeline" | "latency", text: string): void {
    if (this.#failed || this.#closing !== undefined) return;
    if (stream.writableLength > maxUnwrittenBytes) {
      this.#fail(name, new Error(`the disk is ${maxUnwrittenBytes} bytes behind`));
      return;
    }
    stream.write(text);
  }

  #fail(name: Parameters<typeof runFile>[1], error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    const full = isDiskFull(error);
    this.#onWriteError(
      new HuntError({
        code: full ? "recording.disk-full" : "recording.write-failed",
        message: `Cannot write ${runFile(this.#folder, name)}: ${reasonOf(error)}.`,
        exitCode: exitCodes.inconclusive,
        hint: full
          ? "Free some space; a run of 90 s takes about 50 MB."
          : "Look at the folder's permissions and its disk.",
        cause: error,
      }),
    );
  }
}

/** @throws Error when `hdr` is not a histogram: what cannot be read again is not written. */
function formatLatencyLine(line: LatencyLine): string {
  const maxMs = decodeFromCompressedBase64(line.hdr).maxValue / 1000;
  return `Tag=${line.series},${line.second.toFixed(3)},1.000,${maxMs.toFixed(3)},${line.hdr}\n`;
}
