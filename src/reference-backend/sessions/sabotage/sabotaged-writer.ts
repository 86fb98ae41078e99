/**
 * Bugs planted on purpose (`--sabotage BUG`), so that a run can show that its checkers catch them. Each is
 * one that real systems had; all sit between the players' stream and an intact writer, where an answer can
 * lie about what was done. Never without the flag, and never silent: the gateway logs it at its start, and
 * how often the bug struck when it stops.
 */
import type {
  Answer,
  AnswerSink,
  SessionWriter,
  SubmittedOperation,
  WriterHealth,
} from "../gateway/session-writer.ts";
import type { OmittedRule } from "../log/core/omitted-rule.ts";

export const plantedBugs = [
  "ack-before-commit",
  "lose-batch-on-leader-change",
  "drop-one-in-20000",
  "apply-retry-twice",
  "reorder-batches",
  "resurrect-closed-session",
  "skip-fencing",
] as const;

export type PlantedBug = (typeof plantedBugs)[number];

const dropOneIn = 20_000;
/** A batch at some 1,000 operations per second. */
const batchOperations = 20;
const reorderEvery = 1_000;
/** So long that batches sent later are committed before it, so short that nobody gives up. */
const heldBackMs = 50;

/**
 * The rule of the intact writer that a bug leaves out; nothing stands before the writer then.
 * Otherwise undefined.
 */
export function omittedRule(bug: PlantedBug | undefined): OmittedRule | undefined {
  if (bug === "apply-retry-twice") return "deduplicate";
  return bug === "resurrect-closed-session" ? "refuse-closed" : undefined;
}

export class SabotagedWriter implements SessionWriter {
  readonly #bug: PlantedBug;
  readonly #writer: SessionWriter;
  /** Last revision that a session was told. */
  readonly #revisions = new Map<string, number>();
  #submitted = 0;
  #batchLeft = 0;
  #reorderAt = reorderEvery;
  #struckTimes = 0;

  constructor(bug: PlantedBug, writer: SessionWriter) {
    this.#bug = bug;
    this.#writer = writer;
  }

  /** How often the bug struck. */
  get struck(): number {
    return this.#struckTimes;
  }

  leaderChanged(): void {
    if (this.#bug === "lose-batch-on-leader-change") this.#batchLeft = batchOperations;
  }

  submit(operation: SubmittedOperation, answer: AnswerSink): void {
    this.#submitted += 1;
    const honest: AnswerSink = (given) => {
      if (given.revision !== undefined) this.#revisions.set(operation.session, given.revision);
      answer(given);
    };
    switch (this.#bug) {
      case "ack-before-commit":
        this.#strike();
        this.#writer.submit(operation, () => {});
        // The writer must not be called back from within its answer, nor a player be told in its own call.
        setImmediate(answer, this.#lie(operation));
        return;
      case "lose-batch-on-leader-change":
        if (this.#batchLeft === 0) break;
        this.#batchLeft -= 1;
        this.#strike();
        setImmediate(answer, this.#lie(operation));
        return;
      case "drop-one-in-20000":
        if (this.#submitted % dropOneIn !== 0) break;
        this.#strike();
        setImmediate(answer, this.#lie(operation));
        return;
      case "reorder-batches":
        // An opening that came late would have the operations behind it refused.
        if (operation.sequence === 1) break;
        if (this.#submitted >= this.#reorderAt) {
          this.#reorderAt = this.#submitted + reorderEvery;
          this.#batchLeft = batchOperations;
        }
        if (this.#batchLeft === 0) break;
        this.#batchLeft -= 1;
        this.#strike();
        setImmediate(answer, this.#lie(operation));
        setTimeout(() => this.#writer.submit(operation, () => {}), heldBackMs);
        return;
      case "apply-retry-twice":
      case "resurrect-closed-session":
      case "skip-fencing":
        break;
    }
    this.#writer.submit(operation, honest);
  }

  keepAlive(session: string): void {
    this.#writer.keepAlive(session);
  }

  start(): Promise<void> {
    return this.#writer.start();
  }

  stop(): Promise<void> {
    return this.#writer.stop();
  }

  health(): WriterHealth {
    return this.#writer.health();
  }

  #strike(): void {
    this.#struckTimes += 1;
  }

  /** An acknowledgement of something that is not, or not yet, there. */
  #lie({ session, ref }: SubmittedOperation): Answer {
    const isWritten = this.#bug === "ack-before-commit" || this.#bug === "reorder-batches";
    const revision = (this.#revisions.get(session) ?? 0) + (isWritten ? 1 : 0);
    this.#revisions.set(session, revision);
    return { ref, outcome: "ok", revision };
  }
}
