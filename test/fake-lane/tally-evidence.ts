/** How a recording of the fake lane is judged. */
import type { Check, CheckContext, Checker } from "../../src/checkers/checker.ts";
import type { Finding } from "../../src/checkers/finding.ts";
import type { Guarantee } from "../../src/checkers/guarantee.ts";
import { laneEvidence } from "../../src/checkers/lane-evidence.ts";
import { liveness } from "../../src/checkers/liveness.ts";
import { RecordFile } from "../../src/checkers/record-file.ts";
import { Violations } from "../../src/checkers/violations.ts";
import {
  ledgerOutcomes,
  ledgerTypes,
  type RecordVisitor,
  readLedgerOf,
} from "../../src/recording/files/ledger-format.ts";
import { laneFile } from "../../src/recording/run-folder.ts";
import { readReads, type TallyRead, type TallyRecord, tallyLayout } from "./tally-files.ts";

const lane = "tally";

const bothFiles = ["ledger.bin", "observed.bin"];
export const guarantees = {
  lost: {
    id: "no-mark-is-lost",
    promise: "Every mark that was acknowledged is in the tally after the run.",
    from: bothFiles,
  },
  added: {
    id: "no-mark-is-added",
    promise: "The tally holds each mark once, and none that nobody sent.",
    from: bothFiles,
  },
  // The id is that of another lane's guarantee: identity is the lane and the id.
  progress: {
    id: "everything-makes-progress",
    promise: "Once everything is healed, marks and looks succeed again.",
    where: "for runs with a `liveness` phase",
    from: ["timeline.ndjson"],
  },
} as const satisfies Record<string, Guarantee>;

interface TallyContext extends CheckContext {
  readonly ledger: RecordFile<RecordVisitor<TallyRecord>>;
  readonly observed: RecordFile<(read: TallyRead) => void>;
}

export const tallyEvidence = laneEvidence<TallyContext>({
  lane,
  checkers: [
    {
      source: "tally-evidence.ts",
      guarantees: [guarantees.lost, guarantees.added],
      begin: (context) => new FinalTally(context),
    } satisfies Checker<TallyContext>,
    liveness(guarantees.progress),
  ],
  open: (context) => {
    const { folder } = context.reader;
    return {
      ...context,
      ledger: new RecordFile({
        name: "ledger.bin",
        without: "what was acknowledged is not known",
        read: async ([write]) => {
          if (write === undefined) return undefined;
          const end = await readLedgerOf(tallyLayout, laneFile(folder, lane, "ledger"), { write });
          return end.problem;
        },
      }),
      observed: new RecordFile({
        name: "observed.bin",
        without: "the tally was not read",
        read: async ([visit]) =>
          visit === undefined
            ? undefined
            : await readReads(laneFile(folder, lane, "observed"), visit),
      }),
    };
  },
  files: ({ ledger, observed }) => [ledger, observed],
  notYet: "the tally is read when the load has ended",
});

interface Marks {
  acknowledged: number;
  /** Sent, and neither acknowledged nor refused. */
  open: number;
}

class FinalTally implements Check {
  readonly #context: TallyContext;
  readonly #marks = new Map<number, Marks>();
  readonly #lost = new Violations();
  readonly #added = new Violations();
  #step: "ledger" | "observed" | "done" = "ledger";
  #checked = 0;
  #read = 0;

  constructor(context: TallyContext) {
    this.#context = context;
  }

  next() {
    const { ledger, observed } = this.#context;
    const step = this.#step;
    this.#step = step === "ledger" ? "observed" : "done";
    if (step === "ledger") return ledger.to((record) => this.#wrote(record));
    if (step === "observed") return observed.to((read) => this.#compare(read));
    return undefined;
  }

  findings(): Finding[] {
    const { ledger, observed } = this.#context;
    const doubts = [...ledger.gaps, ...observed.gaps];
    const unread = this.#marks.size - this.#read;
    if (unread > 0) doubts.push(`${unread} players were not read after the run`);
    if (this.#marks.size === 0) doubts.push("the ledger holds no mark");
    const checked = this.#checked;
    return [
      { guarantee: guarantees.lost, violations: this.#lost, checked, of: "marks", doubts },
      { guarantee: guarantees.added, violations: this.#added, checked, of: "marks", doubts },
    ];
  }

  #wrote({ type, outcome, player }: Readonly<TallyRecord>): void {
    const marks = this.#marks.get(player) ?? { acknowledged: 0, open: 0 };
    this.#marks.set(player, marks);
    if (type === ledgerTypes.attempt) marks.open += 1;
    if (type !== ledgerTypes.outcome || outcome === ledgerOutcomes.unknown) return;
    marks.open -= 1;
    if (outcome === ledgerOutcomes.ok) marks.acknowledged += 1;
  }

  #compare({ player, count }: TallyRead): void {
    const { acknowledged, open } = this.#marks.get(player) ?? { acknowledged: 0, open: 0 };
    this.#read += 1;
    this.#checked += acknowledged;
    const told = `Player ${player} was acknowledged ${acknowledged} marks, and its tally is ${count}.`;
    this.#lost.add(acknowledged - count, () => told);
    this.#added.add(count - acknowledged - open, () => told);
  }
}
