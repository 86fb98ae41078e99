/**
 * The faults of a run, each at its second while the load goes on, and those that the operator adds. One that
 * fails makes the run inconclusive and never ends it. When the load ends early, what is still injected is
 * healed, unless the operator interrupted: then the backend goes, and the faults with it.
 */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  aim,
  type FaultLifeOptions,
  type FaultNews,
  injectFault,
  type NamedFault,
} from "../../faults/life/fault-life.ts";
import { healFault, waitForRepair } from "../../faults/life/heal-fault.ts";
import { FaultJournal, type JournalEntry } from "../../faults/life/journal.ts";
import { machineMs } from "../../faults/life/machine-clock.ts";
import { type FaultPlan, faultError, isNotNow } from "../../faults/plan/fault-expression.ts";
import { endOf, type ScheduledFault } from "../../faults/plan/schedule.ts";
import { optional } from "../../optional.ts";
import { reasonOf } from "../../reason-of.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import { undoFolder } from "../../recording/run-folder.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import type { Phase } from "../../scenarios/scenario.ts";
import type { TopologyNode } from "../../topology/topology.ts";
import { Warden } from "../../warden/warden-node.ts";
import type { Rehearsal } from "../rehearsal.ts";
import type { RunContext } from "../run-context.ts";
import type { RunDependencies, RunRequest } from "../run-scenario.ts";
import { faultWorld } from "./fault-world.ts";
import { PlayedFaults } from "./played-faults.ts";

type FaultEvent = Extract<TimelineEvent, { kind: "fault" }>;

/** A fault that would begin so late would act in seconds that are judged as something else. */
const tooLateS = 2;
export const wardenNodeId = "warden/1";

/** For a target that does not serve yet; as long as a fault before it may take to recover. */
const waitBoundS = 30;
const askAgainEveryMs = 100;
/** A timer and an injection take some milliseconds. */
const onTimeS = 0.25;

export interface AimedFault {
  readonly fault: ScheduledFault;
  readonly nodes: readonly TopologyNode[];
}

export interface FaultRunnerOptions extends Pick<RunContext, "recorder" | "backend" | "rehearsal"> {
  readonly request: Pick<
    RunRequest,
    "scenario" | "document" | "lanes" | "shareAs" | "allowQuorumLoss"
  >;
  readonly dependencies: Pick<RunDependencies, "files" | "warden" | "clock" | "stop" | "view">;
}

/** @param run With the phases of each lane. */
type PhaseListener = (phases: readonly Phase[], run: RunDocument) => void;

export class FaultRunner {
  readonly #options: FaultRunnerOptions;
  readonly #journal: FaultJournal;
  readonly #warden: Warden;
  readonly #played: PlayedFaults;
  readonly #loadEnded = new AbortController();
  readonly #events: FaultEvent[] = [];
  /** Those that act; aborting heals one before its time. */
  readonly #acting = new Map<string, AbortController>();
  readonly #phaseListeners = new Set<PhaseListener>();
  #lives: readonly Promise<void>[] = [];
  /** Run second 0 by the monotonic clock; undefined before the load. */
  #startMs: number | undefined;

  constructor(options: FaultRunnerOptions) {
    this.#options = options;
    this.#played = new PlayedFaults(options.request.scenario, options.request.document.replay);
    const { shareAs } = options.request;
    // Where `hunt fault list` and `hunt heal` look for a backend that is found by its name.
    const journalFolder =
      shareAs === undefined
        ? undoFolder(options.recorder.folder)
        : join(shareAs.root, shareAs.name, "faults");
    this.#journal = new FaultJournal(journalFolder);
    const { files: own, warden: program } = options.dependencies;
    const files = { ...own, journalFolder, program };
    this.#warden = new Warden(options.backend, wardenNodeId, files);
  }

  /** Before the load: what starts beside it would be measured. @throws HuntError (exit code 3). */
  async prepare(): Promise<void> {
    if (this.#played.all.length > 0) await this.#warden.stand();
  }

  /** What happened so far, as the timeline has it. */
  get events(): readonly FaultEvent[] {
    return this.#events;
  }

  /** What is injected just now, by whomever. */
  injected(): Promise<readonly JournalEntry[]> {
    return this.#journal.entries();
  }

  /** Calls the listener whenever a fault by hand, or a heal, cuts the phases of the run anew. */
  onPhases(listener: PhaseListener): void {
    this.#phaseListeners.add(listener);
  }

  /** @param startMs Run second 0 by the monotonic clock. */
  start(startMs: number): void {
    this.#startMs = startMs;
    this.#lives = this.#played.all.map((fault) => this.#live(fault));
  }

  /** Resolves when every fault that was injected is healed and its targets serve. Idempotent. */
  async finish(): Promise<void> {
    this.#loadEnded.abort();
    await Promise.all(this.#lives);
    if (this.#played.all.length === 0) return;
    if ((await this.#journal.entries().catch(() => [undefined])).length === 0) {
      await this.#warden.end();
      await this.#journal.discard();
    }
  }

  /** Where it would act just now, as what fault of this run. @throws HuntError (exit code 2): refused. */
  async tryOut(plan: FaultPlan): Promise<AimedFault> {
    const over = this.#loadEnded.signal.aborted || this.#options.dependencies.stop.signal.aborted;
    if (this.#startMs === undefined || over) {
      const what = over ? "the load is over" : "the load has not begun";
      throw faultError(plan.expression, `${what}, so nobody would feel it`);
    }
    const { world, allowQuorumLoss } = this.#lifeOptions();
    const fault = this.#played.schedule(plan, this.#now(), {
      topology: world.backend.topology,
      kinds: world.kinds,
      allowQuorumLoss,
      costOfLoss: (serving, nodeId) => world.costOfLoss(serving, nodeId),
    });
    const nodes = await aim(fault, { world, journal: this.#journal, allowQuorumLoss });
    const taken = (await this.#journal.entries()).find(({ node }) =>
      nodes.some(({ id }) => id === node),
    );
    if (taken === undefined) return { fault, nodes };
    throw faultError(plan.expression, `${taken.node} is under the fault '${taken.expression}'`);
  }

  /**
   * Resolves as soon as it is written down to be undone and about to be injected; the rest of its life is
   * that of any other fault. @throws HuntError (exit code 2): refused, and nothing was done.
   */
  async injectByHand(plan: FaultPlan): Promise<AimedFault> {
    await this.tryOut(plan);
    await this.#warden.stand();
    const aimed = await this.tryOut(plan);
    const armed = Promise.withResolvers<void>();
    this.#lives = [...this.#lives, this.#live(aimed.fault, armed)];
    await armed.promise;
    return aimed;
  }

  /** Begins to heal everything that is injected. @returns the ids of the faults. */
  async healAll(): Promise<readonly string[]> {
    const entries = await this.#journal.entries();
    const ids = [...new Set(entries.map(({ fault }) => fault))];
    for (const id of ids) {
      const acting = this.#acting.get(id);
      const entry = entries.find(({ fault }) => fault === id);
      if (acting !== undefined) acting.abort();
      else if (entry !== undefined) this.#lives = [...this.#lives, this.#healStray(entry)];
    }
    return ids;
  }

  /** Never rejects. @param byHand Resolved when it is armed, rejected when it is refused before that. */
  async #live(fault: ScheduledFault, byHand?: PromiseWithResolvers<void>): Promise<void> {
    const { stop } = this.#options.dependencies;
    const over = AbortSignal.any([this.#loadEnded.signal, stop.signal]);
    await this.#untilSecond(fault.atS, over);
    if (over.aborted) return byHand?.reject(faultError(fault.expression, "the load is over"));
    const overdueS = this.#now() - fault.atS;
    if (byHand === undefined && overdueS >= tooLateS) {
      const why = `it was due ${overdueS.toFixed(1)} s ago: hunt stood still, so it was left out`;
      return this.#failed(fault.id, new Error(why));
    }
    const early = new AbortController();
    let armed = false;
    let endS = endOf(fault);
    const options = this.#lifeOptions((news) => {
      if (news.state !== "armed") {
        this.#tell(early.signal.aborted ? healedEarly(news, endS - this.#now()) : news);
        return;
      }
      armed = true;
      this.#acting.set(fault.id, early);
      if (byHand !== undefined) this.#added(fault);
      byHand?.resolve();
      const lateS = byHand === undefined ? this.#lateS(fault) : 0;
      endS += lateS;
      if (lateS > 0) this.#delayed(fault, lateS);
      this.#tell({ ...news, ...(lateS > 0 ? { detail: `${lateS.toFixed(1)} s late` } : {}) });
    });
    try {
      if (byHand !== undefined) await injectFault(this.#withEnd(fault), options);
      else await this.#injectWhenItCan(fault, options, over);
      const { rehearsal } = this.#options;
      if (rehearsal !== undefined && fault.forS !== undefined) {
        return await this.#rehearse(fault, rehearsal);
      }
      const healNow = AbortSignal.any([over, early.signal]);
      if (fault.forS !== undefined) await this.#untilSecond(endS, healNow);
      if (stop.cause?.signal !== undefined) return;
      await this.#noteLateEnd(fault);
      await healFault(fault, options);
    } catch (error) {
      if (byHand !== undefined && !armed) return byHand.reject(error);
      this.#failed(fault.id, error);
    } finally {
      this.#acting.delete(fault.id);
    }
  }

  /**
   * Hunt stood still when it was to heal; its warden may have done it. Phases follow at once: what the swarm sent
   * meanwhile is read after this.
   */
  async #noteLateEnd(fault: ScheduledFault): Promise<void> {
    const record = await this.#journal.record(fault.id);
    const endS = record === undefined ? this.#now() : this.#secondAt(record.healedAtMs);
    if (this.#played.actedUntil(fault.id, endS)) this.#rephase();
  }

  /** A target may still be coming back from the fault before; its seconds are not this one's. */
  async #injectWhenItCan(
    fault: ScheduledFault,
    options: FaultLifeOptions,
    over: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options.dependencies;
    const untilMs = machineMs() + waitBoundS * 1000;
    for (let waiting = false; ; waiting = true) {
      try {
        await injectFault(this.#withEnd(fault), options);
        return;
      } catch (error) {
        if (!isNotNow(error) || over.aborted || machineMs() > untilMs) throw error;
        const detail = error.message
          .replace(/^fault '[^']*': /, "")
          .replace(", so nothing was done", "");
        if (!waiting)
          options.tell({ fault: fault.id, state: "waiting", atMs: clock.monotonicMs(), detail });
      }
      await sleep(askAgainEveryMs, undefined, { signal: over }).catch(() => {});
    }
  }

  /** As it is injected now: for its whole length, however late that is. */
  #withEnd(fault: ScheduledFault): NamedFault {
    // In a rehearsal a person repairs it, whenever that is.
    if (this.#options.rehearsal !== undefined) return { ...fault, endsAtMs: null };
    const leftS = endOf(fault) + this.#lateS(fault) - this.#now();
    return { ...fault, endsAtMs: machineMs() + 1000 * leftS };
  }

  /** It waited for its target, or hunt stood still when it was due. */
  #lateS({ atS }: ScheduledFault): number {
    const lateS = this.#now() - atS;
    return lateS > onTimeS ? lateS : 0;
  }

  #delayed(fault: ScheduledFault, lateS: number): void {
    this.#played.delay(fault.id, lateS);
    this.#rephase();
  }

  /** One that another hunt injected, or that could not be undone in its time. Never rejects. */
  async #healStray({ fault: id, kind, expression }: JournalEntry): Promise<void> {
    const known = this.#played.all.some((fault) => fault.id === id);
    const options = this.#lifeOptions((news) => {
      if (known) this.#tell({ ...news, ...(news.state === "healed" ? byOperator() : {}) });
    });
    try {
      await healFault({ id, kind }, { ...options, by: "operator" });
      if (known) return;
      const text = `the operator healed ${id} (${expression}), which another hunt had injected`;
      this.#options.recorder.note(text);
      this.#options.dependencies.view.line(text, "timeline");
    } catch (error) {
      this.#failed(id, error);
    }
  }

  /** A person repairs it, or gives up. */
  async #rehearse(fault: ScheduledFault, rehearsal: Rehearsal): Promise<void> {
    const { stop } = this.#options.dependencies;
    rehearsal.broke();
    const options = this.#lifeOptions();
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

  #failed(id: string, error: unknown): void {
    const { stop, clock } = this.#options.dependencies;
    // A backend that goes away fails everything; that is no news.
    if (stop.cause?.signal !== undefined) return;
    const detail = reasonOf(error);
    this.#tell({ fault: id, state: "failed", atMs: clock.monotonicMs(), detail });
  }

  #added(fault: ScheduledFault): void {
    this.#played.add(fault);
    this.#rephase();
  }

  /** Whoever judges or shows phases learns it at once: the alerts, the recording, those who watch. */
  #rephase(): void {
    const { recorder } = this.#options;
    recorder.amendNow((document) => this.#played.recordIn(document));
    for (const listener of this.#phaseListeners) listener(this.#played.phases, recorder.document);
  }

  async #untilSecond(second: number, signal: AbortSignal): Promise<void> {
    await sleep(Math.max(0, (second - this.#now()) * 1000), undefined, { signal }).catch(() => {});
  }

  /** Run second. */
  #now(): number {
    return this.#secondAt(this.#options.dependencies.clock.monotonicMs());
  }

  #secondAt(atMs: number): number {
    return (atMs - (this.#startMs ?? atMs)) / 1000;
  }

  #lifeOptions(tell = (news: FaultNews): void => this.#tell(news)): FaultLifeOptions {
    const { request, dependencies, backend } = this.#options;
    return {
      world: faultWorld(backend, request.lanes, dependencies.clock),
      journal: this.#journal,
      allowQuorumLoss: request.allowQuorumLoss === true,
      tell,
      guard: () => this.#warden.stand(),
    };
  }

  #tell({ atMs, ...news }: FaultNews): void {
    const { recorder, dependencies } = this.#options;
    const t = this.#secondAt(atMs);
    const event: FaultEvent = {
      t,
      kind: "fault",
      fault: news.fault,
      state: news.state,
      ...(news.resolvedTo === undefined ? {} : { resolvedTo: [...news.resolvedTo] }),
      ...optional({ by: news.by, detail: news.detail }),
    };
    recorder.sink.event(event);
    this.#events.push(event);
    if (news.by !== undefined && this.#options.rehearsal === undefined) {
      this.#played.healed(news.fault, t);
      this.#rephase();
    }
    if (this.#options.rehearsal?.plan.blind === true) return;
    const where = news.resolvedTo === undefined ? "" : ` on ${news.resolvedTo.join(", ")}`;
    const why = news.detail === undefined ? "" : `: ${news.detail}`;
    const text = `fault ${news.fault} ${news.state}${where} at t=${t.toFixed(1)}s${why}`;
    dependencies.view.line(text, "timeline");
  }
}

function byOperator(): Pick<FaultNews, "by" | "detail"> {
  return { by: "operator", detail: "by the operator" };
}

/** @param leftS Until it would have been healed by the plan. */
function healedEarly(news: FaultNews, leftS: number): FaultNews {
  if (news.state !== "healed") return news;
  if (leftS <= 0) return { ...news, ...byOperator() };
  return { ...news, ...byOperator(), detail: `by the operator, ${leftS.toFixed(1)} s early` };
}
