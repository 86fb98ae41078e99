/** The other end of `bench-dashboard.ts`: a watch that a bench opened, on which leaving means stopping it. */

import type { FaultAnswer, FaultDesk, FaultQuestion } from "../../dashboard/faults/fault-desk.ts";
import { sameAsText } from "../../dashboard/faults/fault-dialog.ts";
import type { RunModel } from "../../dashboard/model/run-model.ts";
import { parseToDashboard, type ToBench } from "../../dashboard/screen/bench-messages.ts";
import type { ParentChannel } from "../../environment.ts";

const stopping = "stopping; the summary follows (Ctrl-C once more: at once, without it)";

/** A fault is refused or armed within seconds; the rest of its life comes over the timeline. */
const answerBoundMs = 15_000;

export class BenchOfWatch {
  /** For the operator; empty when there is nothing to say. */
  notice = "";
  readonly #bench: ParentChannel;
  readonly #end: AbortController;
  readonly #answered = new Map<number, (answer: FaultAnswer) => void>();
  #questions = 0;
  #asked = false;
  #atOnce = false;

  /** @param end Aborted when the screen is to be closed: the bench is over, or has gone. */
  constructor(bench: ParentChannel, end: AbortController, model: RunModel) {
    this.#bench = bench;
    this.#end = end;
    bench.onMessage((message) => {
      const told = parseToDashboard(message);
      if (told?.kind === "over") end.abort();
      if (told?.kind === "answer") this.#answered.get(told.to)?.(told.answer);
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
      this.notice = `${stopping}; ${sameAsText(`kill -INT ${this.#bench.pid}`)}`;
      this.#stop();
    } else if (interrupt) {
      this.#atOnce = true;
      this.#end.abort();
    }
  }

  readonly faults: FaultDesk = async (question: FaultQuestion) => {
    this.#questions += 1;
    const number = this.#questions;
    const { promise, resolve } = Promise.withResolvers<FaultAnswer>();
    const why = `the bench did not answer within ${answerBoundMs / 1000} s`;
    const late = setTimeout(() => resolve({ kind: "refused", why }), answerBoundMs);
    this.#answered.set(number, resolve);
    const message: ToBench = { kind: "question", number, question };
    this.#bench.send(message);
    const answer = await promise;
    clearTimeout(late);
    this.#answered.delete(number);
    return answer;
  };

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
