import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { KeptBackends } from "./kept-backend.ts";
import { PseudoTerminal } from "./pseudo-terminal.ts";

const program = fileURLToPath(new URL("../../bin/hunt", import.meta.url));

test("a person acknowledges a dead leader, starts it again from another terminal, and is timed", async () => {
  const others = new KeptBackends();
  const reportsDir = temporaryFolder();
  const command = `${others.home.shell} '${program}' drill leader-loss --interactive --blind --reports '${reportsDir}'`;
  const terminal = new PseudoTerminal(command, { columns: 120, rows: 40 });
  await terminal.until(/t=15s phase=drill/);
  const [fault] = await faultOf(others);
  expect(fault).toMatchObject({ kind: "kill" });
  expect(terminal.out).not.toContain("SIGKILL");
  terminal.type("ack\n");
  await terminal.until(/acknowledged/);
  await others.must("node", "start", fault?.node ?? "", "--name", "drill");
  await terminal.until(/everything serves again/);
  expect(await terminal.exited, terminal.out.slice(-3000)).toBe(0);
  const [run = ""] = readdirSync(reportsDir);
  const summary = JSON.parse(
    readFileSync(join(reportsDir, run, "summary.json"), "utf8"),
  ) as Summary;
  expect(summary.durationS).toBeLessThan(120);
  expect(summary.faults).toMatchObject([{ resolvedTo: [fault?.node], problem: null }]);
  expect(summary.drill).toMatchObject({ interactive: true, gaveUp: false, score: 100 });
  expect(summary.drill?.acknowledgedAfterS).toBeGreaterThan(0);
  expect(others.names()).toEqual([]);
});

/** As another terminal sees it, once it was seen to bite: nothing can be acknowledged before. */
function faultOf(others: KeptBackends): Promise<readonly { node: string; kind: string }[]> {
  return vi.waitFor(
    async () => {
      const listed = await others.must("fault", "list", "--json", "--name", "drill");
      const { faults } = JSON.parse(listed) as { faults: { node: string; kind: string }[] };
      expect(faults).toMatchObject([{ bitten: true }]);
      return faults;
    },
    { timeout: 15_000, interval: 300 },
  );
}
