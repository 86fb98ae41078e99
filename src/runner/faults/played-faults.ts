/**
 * The faults of a run as they are played: those of the plan, those that the operator adds while it goes on,
 * and when each was healed. What is added meets the same checks as a plan does before anything is started.
 */
import type { FaultPlan } from "../../faults/plan/fault-expression.ts";
import { faultError } from "../../faults/plan/fault-expression.ts";
import {
  checkSchedule,
  endOf,
  type ScheduledFault,
  type ScheduleWorld,
  scheduleFaults,
} from "../../faults/plan/schedule.ts";
import { endOfStorm } from "../../faults/plan/storm.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import { checkBudgetPhases, withFaultPhases } from "../../scenarios/fault-phases.ts";
import type { Phase, PlayedScenario } from "../../scenarios/scenario.ts";
import { lanesTouched } from "./fault-lanes.ts";

/** A fault that is healed this long after its time has lasted longer than planned, and its phase with it. */
const lateFromS = 1;

/** Faults by hand are numbered in the order in which they came. */
const byHandName = "by-hand";

export class PlayedFaults {
  readonly #scenario: PlayedScenario;
  readonly #byHand = new Set<string>();
  #faults: readonly ScheduledFault[];
  /** Run seconds, of those that were not healed when the plan says. */
  readonly #healedS = new Map<string, number>();

  /** Of those by hand: the lanes that they touch. */
  readonly #lanes = new Map<string, readonly string[]>();
  readonly #replay: string | undefined;

  /** @param replay The command that plays the plan again. */
  constructor(scenario: PlayedScenario, replay?: string) {
    this.#scenario = scenario;
    this.#replay = replay;
    this.#faults = scenario.faults;
  }

  /** In time order. */
  get all(): readonly ScheduledFault[] {
    return this.#faults;
  }

  /** With the windows of all faults cut out of them. */
  get phases(): readonly Phase[] {
    return this.#phasesWith(this.#faults);
  }

  /**
   * The fault as it would be scheduled at this moment.
   * @throws HuntError (exit code 2) when a plan with it would be refused.
   */
  schedule(plan: FaultPlan, nowS: number, world: ScheduleWorld): ScheduledFault {
    const { expression } = plan;
    const { uncutPhases, plan: load, budgets } = this.#scenario;
    if (plan.atS !== undefined || plan.everyS !== undefined) {
      throw faultError(expression, 'it comes at once: leave "at" and "every" out');
    }
    const [first] = uncutPhases;
    const warmUntilS = first?.name === "warmup" ? first.endS : 0;
    const due = { ...plan, atS: Math.round(nowS * 10) / 10, name: plan.name ?? this.#nextName() };
    const [fault] = scheduleFaults([due], {
      warmUntilS,
      durationS: load.durationS,
      kinds: world.kinds,
    });
    if (fault === undefined) throw new Error(`'${expression}' became no fault`);
    if (this.#faults.some(({ id }) => id === fault.id)) {
      throw faultError(expression, `this run has a fault "${fault.id}" already`);
    }
    const left = this.#faults.filter(({ id }) => !this.#healedS.has(id));
    checkSchedule([fault, ...left], world);
    this.#lanes.set(fault.id, lanesTouched(fault, world));
    const cut = this.#phasesWith([...this.#faults, fault]);
    checkBudgetPhases(budgets, this.phases, cut);
    if (lengthOf(cut, "liveness") < lengthOf(this.phases, "liveness")) {
      throw faultError(
        expression,
        "the seconds after the storm prove progress: nothing breaks then",
      );
    }
    return fault;
  }

  add(fault: ScheduledFault): void {
    this.#byHand.add(fault.id);
    this.#faults = [...this.#faults, fault].sort((left, right) => left.atS - right.atS);
  }

  /** It was injected late, and lasts its whole length: its window ends as much later. */
  delay(id: string, lateS: number): void {
    this.#faults = this.#faults.map((fault) =>
      fault.id === id ? { ...fault, forS: (fault.forS ?? 0) + lateS } : fault,
    );
  }

  /** A person healed it; from then on it is in nobody's way. */
  healed(id: string, atS: number): void {
    this.#healedS.set(id, atS);
  }

  /** It acted up to this second. @returns true when that is so late that the phases are others now. */
  actedUntil(id: string, atS: number): boolean {
    const fault = this.#faults.find((each) => each.id === id);
    if (fault?.forS === undefined || atS < endOf(fault) + lateFromS) return false;
    this.#healedS.set(id, atS);
    return true;
  }

  /** `run.json` with what was added, and with the phases as they are now. */
  recordIn(document: RunDocument): RunDocument {
    const added = this.#faults.filter(({ id }) => this.#byHand.has(id));
    const planned = document.faults?.filter(({ byHand }) => byHand !== true) ?? [];
    const faults = added.map(({ id, kind, selector, atS, forS }) => ({
      ...{ id, kind, target: selector, lanes: this.#lanes.get(id) ?? [] },
      ...{ atS, forS: forS ?? null, byHand: true },
    }));
    const all = [...planned, ...faults].sort((left, right) => left.atS - right.atS);
    return {
      ...document,
      phases: this.phases,
      lanes: Object.fromEntries(
        Object.entries(document.lanes).map(([id, lane]) => {
          const touching = new Set(all.flatMap((each) => (each.lanes.includes(id) ? each.id : [])));
          const phases = this.#phasesWith(this.#faults.filter((fault) => touching.has(fault.id)));
          return [id, { ...lane, phases }];
        }),
      ),
      ...(this.#replay === undefined ? {} : { replay: this.#replayWith(added) }),
      ...(all.length === 0 ? {} : { faults: all }),
    };
  }

  /** With what was added, at the same seconds and under the same names. */
  #replayWith(added: readonly ScheduledFault[]): string {
    const flags = added.map((fault) => ` --fault '${plannedExpression(fault)} as ${fault.id}'`);
    return [this.#replay, ...flags].join("");
  }

  #nextName(): string {
    for (let number = 1; ; number += 1) {
      const name = `${byHandName}-${number}`;
      if (!this.#faults.some(({ id }) => id === name)) return name;
    }
  }

  #phasesWith(faults: readonly ScheduledFault[]): readonly Phase[] {
    const { uncutPhases, storm } = this.#scenario;
    const played = [...faults]
      .sort((left, right) => left.atS - right.atS)
      .map((fault) => {
        const healedS = this.#healedS.get(fault.id);
        if (healedS === undefined || fault.forS === undefined) return fault;
        const late = healedS >= endOf(fault) + lateFromS;
        const endS = late ? healedS : Math.min(healedS, endOf(fault));
        return { ...fault, forS: Math.max(0, endS - fault.atS) };
      });
    return withFaultPhases(
      uncutPhases,
      played,
      storm === undefined ? undefined : endOfStorm(storm),
    );
  }
}

/** Seconds. */
function lengthOf(phases: readonly Phase[], name: string): number {
  return phases
    .filter((phase) => phase.name === name)
    .reduce((sum, { startS, endS }) => sum + endS - startS, 0);
}

/** As a plan writes it, in seconds of the run. */
export function plannedExpression({ kind, selector, atS, forS, ...plan }: ScheduledFault): string {
  const length = forS === undefined ? "" : ` for ${forS}s`;
  const settings = plan.with === undefined ? "" : ` with ${plan.with}`;
  return `${kind} ${selector}${settings} at ${atS}s${length}`;
}
