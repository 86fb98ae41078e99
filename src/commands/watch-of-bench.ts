/** The other end of `bench-dashboard.ts`: a watch that a bench opened, on which leaving means stopping it. */
import { parseToDashboard, type ToBench } from "../dashboard/bench-messages.ts";
import type { RunModel } from "../dashboard/run-model.ts";
import type { ParentChannel } from "../environment.ts";

const stopping = "stopping; the summary follows (Ctrl-C once more: at once, without it)";

export class BenchOfWatch {
  /** For the operator; empty when there is nothing to say. */
  notice = "";
  readonly #bench: ParentChannel;
  readonly #end: AbortController;
  #asked = false;
  #atOnce = false;

  /** @param end Aborted when the screen is to be closed: the bench is over, or has gone. */
  constructor(bench: ParentChannel, end: AbortController, model: RunModel) {
    this.#bench = bench;
    this.#end = end;
    bench.onMessage((message) => {
      const told = parseToDashboard(message);
      if (told?.kind === "over") end.abort();
      if (told?.kind === "line") {
        model.addLogLine({ t: model.lastS, node: "hunt", text: told.text });
      }
    });
    bench.onGone(() => end.abort());
  }

  /** As Ctrl-C to the bench; but a key that is held down, or pressed twice, must not cost the summary. */
  quit(interrupt: boolean): void {
    if (!this.#asked) {
      this.#asked = true;
      this.notice = stopping;
      this.#stop();
    } else if (interrupt) {
      this.#atOnce = true;
      this.#end.abort();
    }
  }

  note(text: string): void {
    const message: ToBench = { kind: "note", text };
    this.#bench.send(message);
  }

  /** To be called when the terminal is as it was. */
  leave(): void {
    if (this.#atOnce) this.#stop();
    this.#bench.close();
  }

  #stop(): void {
    const message: ToBench = { kind: "stop" };
    this.#bench.send(message);
  }
}
