/** Leads the dialogue of `f` and `h`: puts the operator's choices to whoever can break and heal, and shows what comes back. */

import type { Key } from "../screen/view-state.ts";
import type { FaultDesk, FaultQuestion } from "./fault-desk.ts";
import { answered, type FaultDialog, pressInDialog } from "./fault-dialog.ts";

export interface FaultKeysOptions {
  readonly desk: FaultDesk;
  /** A line for the operator. */
  readonly say: (text: string) => void;
  readonly redraw: () => void;
}

export class FaultKeys {
  readonly #options: FaultKeysOptions;
  #dialog: FaultDialog | undefined;

  constructor(options: FaultKeysOptions) {
    this.#options = options;
  }

  /** Undefined: keys go to the dashboard. */
  get dialog(): FaultDialog | undefined {
    return this.#dialog;
  }

  open(what: "inject" | "heal"): void {
    const question: FaultQuestion = what === "inject" ? { kind: "menu" } : { kind: "heal-dry-run" };
    this.#dialog = { step: "waiting", question };
    void this.#ask(question);
  }

  press(key: Key): void {
    if (this.#dialog === undefined) return;
    const { dialog, ask } = pressInDialog(this.#dialog, key);
    this.#dialog = dialog;
    if (ask !== undefined) void this.#ask(ask);
  }

  async #ask(question: FaultQuestion): Promise<void> {
    const waiting = this.#dialog;
    const answer = await this.#options.desk(question);
    const { dialog, said } = answered(
      waiting?.step === "waiting" ? waiting : { step: "waiting", question },
      answer,
    );
    // One that was closed meanwhile stays closed; what was done is still told.
    if (this.#dialog === waiting) this.#dialog = dialog;
    if (said !== undefined) this.#options.say(said);
    this.#options.redraw();
  }
}
