/**
 * The person in a drill: what is typed while the load goes on, what of it is written down, and when the
 * load may end. A wrong move is made with other commands and has its real effect; here one can say that
 * one has noticed (`ack`), and give up (`heal`). Nobody is waited for longer than the bound.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { TimelineEvent } from "../recording/timeline/events.ts";

type OperatorAct = Extract<TimelineEvent, { kind: "operator" }>["act"];

export interface RehearsalPlan {
  /** What was broken is not said before the end. */
  readonly blind: boolean;
  /** From the first fault to giving up, seconds. */
  readonly boundS: number;
  /** Load after the last repair, seconds: for the recovery, and for the proof of it. */
  readonly afterS: number;
  /** Calls back with every line that is typed until the returned function is called. */
  onLine(listener: (line: string) => void): () => void;
}

export interface RehearsalEffects {
  readonly tell: (line: string) => void;
  /** Writes down what the operator did, at this moment. */
  readonly record: (act: OperatorAct) => void;
}

const help =
  "ack: I have noticed it. heal: I give up. Repair from another terminal: hunt status, hunt logs, hunt node, hunt exec.";

export class Rehearsal {
  readonly plan: RehearsalPlan;
  readonly #effects: RehearsalEffects;
  readonly #gaveUp = new AbortController();
  readonly #over = new AbortController();
  readonly #stopReading: () => void;
  #broken = 0;
  #acknowledged = false;

  constructor(plan: RehearsalPlan, effects: RehearsalEffects) {
    this.plan = plan;
    this.#effects = effects;
    this.#stopReading = plan.onLine((line) => this.#typed(line.trim()));
  }

  /** Aborted when the operator has given up, or the bound has passed. */
  get gaveUp(): AbortSignal {
    return this.#gaveUp.signal;
  }

  /** Aborted when the load may end. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** A fault was injected. */
  broke(): void {
    this.#broken += 1;
    if (this.#broken > 1) return;
    const bound = sleep(this.plan.boundS * 1000, undefined, { signal: this.#over.signal });
    bound.then(
      () => this.#giveUp("time-over", `${this.plan.boundS} s have passed: hunt heals`),
      () => {},
    );
  }

  /** A fault is repaired or healed; with the last of them what follows is counted. */
  async mended(): Promise<void> {
    this.#broken -= 1;
    if (this.#broken > 0) return;
    this.#effects.tell(`everything serves again; ${this.plan.afterS} s of load to prove it`);
    await sleep(this.plan.afterS * 1000, undefined, { signal: this.#over.signal }).catch(() => {});
    this.end();
  }

  /** Somebody else healed it, with `hunt heal`. */
  healedElsewhere(): void {
    this.#effects.record("heal");
  }

  /** Lets go of the terminal. Idempotent. */
  end(): void {
    this.#over.abort();
    this.#stopReading();
  }

  #typed(line: string): void {
    if (line === "") return;
    if (line === "ack") {
      if (this.#acknowledged || this.#broken === 0) {
        this.#effects.tell(this.#acknowledged ? "acknowledged already" : "nothing was broken yet");
        return;
      }
      this.#acknowledged = true;
      this.#effects.record("ack");
      this.#effects.tell("acknowledged");
    } else if (line === "heal" && this.#broken > 0) {
      this.#giveUp("heal", "given up: hunt heals");
    } else {
      this.#effects.tell(help);
    }
  }

  #giveUp(act: OperatorAct, words: string): void {
    if (this.#gaveUp.signal.aborted) return;
    this.#effects.record(act);
    this.#effects.tell(words);
    this.#gaveUp.abort();
  }
}
