import { type ChildProcess, spawn } from "node:child_process";
import { expect, onTestFinished, test, vi } from "vitest";
import { localRun, scriptProgram, scriptTopology } from "../../test/fixtures/runtime/local-run.ts";
import { temporaryFolder } from "../../test/fixtures/temporary-folder.ts";
import type { FaultWorld } from "../faults/fault.ts";
import { generalFaultKinds } from "../faults/faults.ts";
import { processState } from "../faults/kinds/pause.ts";
import { FaultJournal, type JournalEntry } from "../faults/life/journal.ts";
import { machineMs } from "../faults/life/machine-clock.ts";
import { identityOf } from "../runtime/local/keeper/process-identity.ts";
import { guardFaults } from "./warden.ts";

vi.setConfig({ testTimeout: 30_000 });

/** A node that is paused, and a hunt that should let it go on. */
async function pausedNode() {
  const proxy = scriptProgram("setInterval(() => {}, 1000)");
  const backend = await localRun(temporaryFolder()).up(scriptTopology(), { programs: { proxy } });
  onTestFinished(async () => {
    await backend.stop();
  });
  const hunt: ChildProcess = spawn("sleep", ["1000"], { stdio: "ignore" });
  onTestFinished(() => {
    hunt.kill("SIGKILL");
  });
  const injector = await identityOf(hunt.pid ?? 0);
  const journal = new FaultJournal(temporaryFolder());
  const state = () => processState(backend.status()[0]?.pid ?? 0);
  const world: FaultWorld = {
    backend,
    ask: async () => ({ healthy: (await state()) !== "T", detail: "" }),
    kinds: generalFaultKinds,
    costOfLoss: () => undefined,
    clock: { nowMs: () => Date.now(), monotonicMs: machineMs },
  };
  const said: string[] = [];
  const inject = async (facts: Pick<JournalEntry, "bitten" | "endsAtMs">) => {
    const entry: JournalEntry = {
      ...{ schemaVersion: 1, fault: "nap", kind: "pause", expression: "pause proxy/1" },
      ...{ node: "proxy/1", at: new Date().toISOString(), until: null, injector, ...facts },
    };
    await journal.claim([entry]);
    await backend.signalNode("proxy/1", "SIGSTOP");
    await vi.waitFor(async () => expect(await state()).toBe("T"));
  };
  const guard = () => guardFaults({ world, journal, injector, say: (line) => said.push(line) });
  return { hunt, journal, state, inject, guard, said };
}

test("a fault whose hunt stands still is healed a second after its time, and it is written down by whom and when", async () => {
  const { hunt, journal, state, inject, guard, said } = await pausedNode();
  const endsAtMs = machineMs() + 500;
  await inject({ bitten: true, endsAtMs });
  hunt.kill("SIGSTOP");
  const guarding = guard();
  await vi.waitFor(async () => expect(await journal.entries()).toEqual([]), { timeout: 10_000 });
  expect(await state()).not.toBe("T");
  const record = await journal.record("nap");
  expect(record?.by).toBe("warden");
  expect(record?.healedAtMs).toBeGreaterThan(endsAtMs + 900);
  expect(record?.healedAtMs).toBeLessThan(endsAtMs + 4_000);
  expect(said[0]).toBe("fault nap: its time is over and its hunt did not heal it");
  hunt.kill("SIGKILL");
  await guarding;
});

test("a fault that was not seen to bite when its hunt died is undone at once", async () => {
  const { hunt, journal, state, inject, guard } = await pausedNode();
  await inject({ bitten: false, endsAtMs: machineMs() + 600_000 });
  hunt.kill("SIGKILL");
  await guard();
  expect(await journal.entries()).toEqual([]);
  expect(await state()).not.toBe("T");
});

test("a fault without an end stays when its hunt is gone, as was asked for", async () => {
  const { hunt, journal, state, inject, guard, said } = await pausedNode();
  await inject({ bitten: true, endsAtMs: null });
  hunt.kill("SIGKILL");
  await guard();
  expect(await journal.entries()).toMatchObject([{ fault: "nap" }]);
  expect(await state()).toBe("T");
  expect(said).toEqual([]);
});
