/** `hunt fault inject|list|heal` and `hunt heal`: faults by hand on a backend that stays. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment, InterruptSignal } from "../../environment.ts";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { kindNamed } from "../../faults/faults.ts";
import {
  aim,
  type FaultLifeOptions,
  type FaultNews,
  injectFault,
} from "../../faults/life/fault-life.ts";
import { healFault } from "../../faults/life/heal-fault.ts";
import { FaultJournal, type JournalEntry, staysByItself } from "../../faults/life/journal.ts";
import { machineMs } from "../../faults/life/machine-clock.ts";
import { type FaultPlan, faultError, parseFault } from "../../faults/plan/fault-expression.ts";
import { HuntError } from "../../hunt-error.ts";
import { faultKindsOf } from "../../lanes/faults-of-lanes.ts";
import { lanes } from "../../lanes/lanes.ts";
import { reasonOf } from "../../reason-of.ts";
import { faultWorld } from "../../runner/faults/fault-world.ts";
import { findBackend, nameFlag } from "../../runtime/local/kept/kept-backends.ts";
import type { AttachedBackend } from "../../runtime/runtime.ts";
import { suggestionFor } from "../../suggestion.ts";
import { Warden } from "../../warden/warden-node.ts";
import {
  backendName,
  backendsRoot,
  lanesOfTopology,
  type NameFlags,
  openBackend,
} from "../backend/kept-backend.ts";
import { plainTable } from "../lists/plain-table.ts";

export interface FaultFlags extends NameFlags {
  readonly dryRun?: boolean;
  readonly allowQuorumLoss?: boolean;
  readonly json?: boolean;
}

export interface HealFlags extends FaultFlags {
  /** Only what should have been healed already. */
  readonly overdue?: boolean;
}

/**
 * With `for` it stays until the fault is healed, without it ends once the fault bit.
 * @returns the exit code. @throws HuntError (2: refused; 3: it did not bite, or could not be healed).
 */
export async function faultInjectCommand(
  environment: Environment,
  words: readonly string[],
  flags: FaultFlags,
): Promise<number> {
  const plan = planByHand(words.join(" "));
  if (flags.dryRun === true) {
    const { on, undo } = await dryRunByHand(environment, plan, flags);
    environment.stdout.write(`would ${plan.kind} ${on}; undone by: ${undo}\nNothing was done.\n`);
    return exitCodes.pass;
  }
  return withBackend(environment, flags, async (options, backend) => {
    const allowQuorumLoss = flags.allowQuorumLoss === true;
    return injectByHand(environment, plan, { ...options, allowQuorumLoss }, backend);
  });
}

/** @throws HuntError (exit code 2). */
export function planByHand(expression: string): FaultPlan {
  const plan = parseFault(expression, faultKindsOf(lanes));
  if (plan.atS === undefined && plan.everyS === undefined) return plan;
  throw faultError(plan.expression, '"at" and "every" are for scenarios and hunt bench --fault');
}

/** What it would act on just now, and what undoes it. @throws HuntError (exit code 2): it would be refused. */
export function dryRunByHand(
  environment: Environment,
  plan: FaultPlan,
  flags: Pick<FaultFlags, "name" | "allowQuorumLoss">,
): Promise<{ readonly on: string; readonly undo: string }> {
  return withBackend(environment, flags, async (options) => {
    const allowQuorumLoss = flags.allowQuorumLoss === true;
    const nodes = await aim(plan, { ...options, allowQuorumLoss });
    return {
      on: nodes.map(({ id }) => id).join(", "),
      undo: kindNamed(options.world.kinds, plan.kind).undo,
    };
  });
}

/** Oldest first. @throws HuntError (exit code 2) when the backend is not up. */
export function injectedFaults(
  environment: Environment,
  flags: NameFlags,
): Promise<readonly JournalEntry[]> {
  return withBackend(environment, flags, ({ journal }) => journal.entries());
}

async function injectByHand(
  environment: Environment,
  plan: FaultPlan,
  { allowQuorumLoss, ...found }: Omit<FaultLifeOptions, "guard">,
  backend: AttachedBackend,
): Promise<number> {
  const id = await freeId(plan, found.journal);
  const fault = { ...plan, id };
  const warden = wardenOf(environment, backend, id);
  const options = { ...found, allowQuorumLoss, guard: () => warden.stand() };
  const kind = kindNamed(options.world.kinds, plan.kind);
  const interrupted = new AbortController();
  let signalled: InterruptSignal | undefined;
  const remove = environment.onInterrupt((signal) => {
    signalled = signal;
    interrupted.abort();
  });
  try {
    await orEnvironmentError(injectFault(fault, options), fault.expression);
    if (kind.lasts && plan.forS === undefined && signalled === undefined) {
      const flag = nameFlag(backend.name);
      environment.stdout.write(
        `It stays until hunt fault heal${flag} ${id}, or hunt heal${flag}.\n`,
      );
      return exitCodes.pass;
    }
    const forMs = 1000 * (plan.forS ?? 0);
    await sleep(forMs, undefined, { signal: interrupted.signal }).catch(() => {});
    await orEnvironmentError(healFault(fault, options), fault.expression);
  } finally {
    remove();
    // It goes on with what could not be undone.
    const left = (await options.journal.entries()).filter((entry) => entry.fault === id);
    if (left.every(staysByItself)) await warden.end();
  }
  if (signalled === undefined) return exitCodes.pass;
  return signalExitCode(signalled);
}

/** The name or the kind, numbered where there is one already. */
async function freeId(plan: FaultPlan, journal: FaultJournal): Promise<string> {
  const taken = (await journal.entries()).map((entry) => entry.fault);
  const base = plan.name ?? plan.kind;
  const numbered = Array.from({ length: taken.length + 2 }, (_, index) =>
    index === 0 ? base : `${base}-${index + 1}`,
  );
  return numbered.find((each) => !taken.includes(each)) ?? base;
}

function wardenOf(environment: Environment, backend: AttachedBackend, id: string): Warden {
  const { nodeBinary, packageRoot } = environment;
  const journalFolder = journalFolderOf(environment, backend);
  return new Warden(backend, `warden/${id}`, { nodeBinary, packageRoot, journalFolder });
}

function journalFolderOf(environment: Environment, { name }: AttachedBackend): string {
  return join(backendsRoot(environment), name, "faults");
}

/** @throws HuntError (exit code 2) when the backend is not up. */
export async function faultListCommand(environment: Environment, flags: FaultFlags): Promise<void> {
  const entries = await injectedFaults(environment, flags);
  if (flags.json === true) {
    environment.stdout.write(`${JSON.stringify({ schemaVersion: 1, faults: entries }, null, 2)}\n`);
    return;
  }
  if (entries.length === 0) {
    environment.stdout.write("no fault is injected\n");
    return;
  }
  const rows = entries.map((entry) => [entry.fault, entry.node, entry.at, untilText(entry)]);
  environment.stdout.write(plainTable(["FAULT", "NODE", "SINCE", "UNTIL"], rows));
  environment.stdout.write(`\nNext: hunt heal${nameFlag(backendName(flags))}\n`);
}

function untilText(entry: JournalEntry): string {
  if (entry.until === null) return "healed by hand";
  return isOverdue(entry) ? `${entry.until} (overdue: hunt heal)` : entry.until;
}

function isOverdue({ endsAtMs }: JournalEntry): boolean {
  return endsAtMs !== null && endsAtMs < machineMs();
}

/**
 * Heals one fault, or all of them; works after the hunt that injected them has died.
 * @throws HuntError (2: there is no such fault; 3: it could not be healed).
 */
export async function healCommand(
  environment: Environment,
  id: string | undefined,
  flags: HealFlags,
): Promise<void> {
  const { overdue } = flags;
  const name = backendName(flags);
  if (id === undefined && (await findBackend(backendsRoot(environment), name)).kind !== "up") {
    environment.stdout.write(`no backend "${name}" is up, so no fault is left; nothing to do\n`);
    return;
  }
  await withBackend(environment, flags, async (options) => {
    const entries = await options.journal.entries();
    const meant = entries.filter((entry) => overdue !== true || isOverdue(entry));
    const known = new Map(meant.map((entry) => [entry.fault, entry.kind]));
    if (id !== undefined && !known.has(id)) throw unknownFault(id, [...known.keys()]);
    const faults = [...known].filter(([fault]) => id === undefined || fault === id);
    if (faults.length === 0) {
      const which = overdue === true ? "overdue" : "injected";
      environment.stdout.write(`no fault is ${which}; nothing to do\n`);
    }
    for (const [fault, kind] of faults) {
      const healed = healFault({ id: fault, kind }, { ...options, by: "operator" });
      await orEnvironmentError(healed, fault);
    }
  });
}

function unknownFault(id: string, known: readonly string[]): HuntError {
  const there = known.length === 0 ? "No fault is injected." : suggestionFor(id, known);
  return new HuntError({
    code: "usage.unknown-fault",
    exitCode: exitCodes.usage,
    message: `there is no fault "${id}". ${there}`,
    hint: "hunt fault list shows those that are injected.",
  });
}

async function withBackend<T>(
  environment: Environment,
  flags: NameFlags,
  work: (
    options: Omit<FaultLifeOptions, "allowQuorumLoss" | "guard">,
    backend: AttachedBackend,
  ) => Promise<T>,
): Promise<T> {
  const backend = await openBackend(environment, flags);
  try {
    const journal = new FaultJournal(journalFolderOf(environment, backend));
    const tell = (news: FaultNews) => environment.stdout.write(`${newsText(news)}\n`);
    const world = faultWorld(backend, lanesOfTopology(backend.topology), environment.clock);
    return await work({ world, journal, tell }, backend);
  } finally {
    backend.detach();
  }
}

function newsText({ fault, state, resolvedTo, detail }: FaultNews): string {
  const where = resolvedTo === undefined ? "" : ` on ${resolvedTo.join(", ")}`;
  return `fault ${fault} ${state}${where}${detail === undefined ? "" : `: ${detail}`}`;
}

/** What did not work although it was asked for rightly is the environment's fault, not hunt's. */
async function orEnvironmentError(work: Promise<void>, what: string): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof HuntError) throw error;
    throw new HuntError({
      code: "fault.failed",
      exitCode: exitCodes.environment,
      message: `fault '${what}': ${reasonOf(error)}`,
      hint: "hunt fault list shows what is injected, hunt status how the nodes stand.",
      cause: error,
    });
  }
}
