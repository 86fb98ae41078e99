/**
 * The faults of a run, each at its second while the load goes on. One that fails makes the run
 * inconclusive and never ends it. When the load ends early, what is still injected is healed, unless the
 * operator interrupted: then the backend goes, and the faults with it.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FaultNews, healFault, injectFault, waitForRepair } from "../faults/fault-life.ts";
import { FaultJournal } from "../faults/journal.ts";
import type { ScheduledFault } from "../faults/schedule.ts";
import type { TimelineEvent } from "../recording/events.ts";
import { undoFolder } from "../recording/run-folder.ts";
import { faultWorld } from "./fault-world.ts";
import type { PlayLoadOptions } from "./play-load.ts";
import type { Rehearsal } from "./rehearsal.ts";

type FaultEvent = Extract<TimelineEvent, { kind: "fault" }>;

export class FaultRunner {
  readonly #options: PlayLoadOptions;
  readonly #journal: FaultJournal;
  readonly #loadEnded = new AbortController();
  readonly #events: FaultEvent[] = [];
  #lives: readonly Promise<void>[] = [];

  constructor(options: PlayLoadOptions) {
    this.#options = options;
    const { shareAs } = options.request;
    this.#journal = new FaultJournal(
      // Where `hunt fault list` and `hunt heal` look for a backend that is found by its name.
      shareAs === undefined
        ? undoFolder(options.recorder.folder)
        : join(shareAs.root, shareAs.name, "faults"),
    );
  }

  /** What happened so far, as the timeline has it. */
  get events(): readonly FaultEvent[] {
    return this.#events;
  }

  start(startUnixMs: number): void {
    const { faults } = this.#options.request.scenario;
    this.#lives = faults.map((fault) => this.#live(fault, startUnixMs));
  }

  /** Resolves when every fault that was injected is healed and its targets serve. Idempotent. */
  async finish(): Promise<void> {
    this.#loadEnded.abort();
    await Promise.all(this.#lives);
    if (this.#options.request.scenario.faults.length === 0) return;
    if ((await this.#journal.entries().catch(() => [undefined])).length === 0) {
      await this.#journal.discard();
    }
  }

  /** Never rejects. */
  async #live(fault: ScheduledFault, startUnixMs: number): Promise<void> {
    const { stop, clock } = this.#options.dependencies;
    const over = AbortSignal.any([this.#loadEnded.signal, stop.signal]);
    const untilSecond = async (second: number) => {
      const dueMs = startUnixMs + second * 1000 - clock.nowMs();
      await sleep(Math.max(0, dueMs), undefined, { signal: over }).catch(() => {});
    };
    await untilSecond(fault.atS);
    if (over.aborted) return;
    try {
      await injectFault(fault, this.#lifeOptions(startUnixMs));
      const { rehearsal } = this.#options;
      if (rehearsal !== undefined && fault.forS !== undefined) {
        return await this.#rehearse(fault, rehearsal, startUnixMs);
      }
      if (fault.forS !== undefined) await untilSecond(fault.atS + fault.forS);
      if (stop.cause?.signal !== undefined) return;
      await healFault(fault, this.#lifeOptions(startUnixMs));
    } catch (error) {
      if (stop.cause?.signal !== undefined) return;
      const detail = error instanceof Error ? error.message : String(error);
      this.#tell({ fault: fault.id, state: "failed", atMs: clock.nowMs(), detail }, startUnixMs);
    }
  }

  /** A person repairs it, or gives up. */
  async #rehearse(fault: ScheduledFault, rehearsal: Rehearsal, startUnixMs: number): Promise<void> {
    const { stop } = this.#options.dependencies;
    rehearsal.broke();
    const options = this.#lifeOptions(startUnixMs);
    const givenUp = AbortSignal.any([rehearsal.gaveUp, this.#loadEnded.signal, stop.signal]);
    const by = await waitForRepair(fault, options, givenUp).catch((error: unknown) => {
      if (!givenUp.aborted) throw error;
      return undefined;
    });
    if (stop.cause?.signal !== undefined) return;
    if (by === undefined) await healFault(fault, options);
    if (by === "healed") rehearsal.healedElsewhere();
    await rehearsal.mended();
  }

  #lifeOptions(startUnixMs: number) {
    const { request, dependencies, backend } = this.#options;
    return {
      world: faultWorld(backend, request.lane, dependencies.clock),
      journal: this.#journal,
      allowQuorumLoss: request.allowQuorumLoss === true,
      tell: (news: FaultNews) => this.#tell(news, startUnixMs),
    };
  }

  #tell({ atMs, ...news }: FaultNews, startUnixMs: number): void {
    const { recorder, dependencies } = this.#options;
    const t = (atMs - startUnixMs) / 1000;
    const event: FaultEvent = {
      t,
      kind: "fault",
      fault: news.fault,
      state: news.state,
      ...(news.resolvedTo === undefined ? {} : { resolvedTo: [...news.resolvedTo] }),
      ...(news.detail === undefined ? {} : { detail: news.detail }),
    };
    recorder.sink.event(event);
    this.#events.push(event);
    if (this.#options.rehearsal?.plan.blind === true) return;
    const where = news.resolvedTo === undefined ? "" : ` on ${news.resolvedTo.join(", ")}`;
    const why = news.detail === undefined ? "" : `: ${news.detail}`;
    const text = `fault ${news.fault} ${news.state}${where} at t=${t.toFixed(1)}s${why}`;
    dependencies.view.line(text, "timeline");
  }
}
