import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { operatorsHome } from "../fixtures/operators-home.ts";
import { descendantsOf, HuntProcess, processFacts } from "./hunt-process.ts";

const program = fileURLToPath(new URL("../../bin/hunt", import.meta.url));
const mayDrop = capabilities() & (1n << 12n);

test("modelled and real loss both stall what the link without loss does not, with evidence of each", async () => {
  const { variables } = operatorsHome();
  const hunt = new HuntProcess(["calibrate", "--for", "3s", "--json"], undefined, variables);
  const { code } = await hunt.exited;
  if (!mayDrop) return expect(code).toBe(3);
  // How well they agree is for longer ones to tell; of 3 s both answers are right.
  expect([0, 4], hunt.err).toContain(code);
  const { rows, conclusion } = JSON.parse(hunt.out);
  expect(conclusion === "unclear").toBe(code === 4);
  expect(rows).toHaveLength(6);
  for (const { traffic, without, modelled, real, evidence } of rows) {
    expect(evidence).toEqual([
      expect.stringMatching(/^\d+ chunks? delayed$/),
      expect.stringMatching(/^the kernel dropped \d+ segments$/),
    ]);
    if (traffic !== "request") continue;
    for (const lossy of [modelled, real]) {
      expect(lossy.stallsPer1000).toBeGreaterThan(without.stallsPer1000);
      // The sender's own timer.
      expect(lossy.maxMs).toBeGreaterThan(190);
    }
  }
});

test("hunt calibrate that is killed leaves no process, rule or folder", async () => {
  const { stateDir, variables } = operatorsHome();
  const hunt = new HuntProcess(["calibrate", "--for", "30s"], undefined, variables);
  if (!mayDrop) return expect((await hunt.exited).code).toBe(3);
  const has = (name: string) => started().some(({ command }) => command.includes(`/${name} `));
  const started = () => descendantsOf(hunt.pid);
  await vi.waitFor(() => expect(has("firewall") && has("toxiproxy")).toBe(true), {
    timeout: 10_000,
  });
  const place = join(stateDir, "hunt", "backends", "calibrate");
  expect(existsSync(place)).toBe(true);
  const before = started();
  hunt.kill("SIGKILL");
  await hunt.exited;
  await vi.waitFor(
    () => {
      expect(before.filter(({ pid, command }) => processFacts(pid).command === command)).toEqual(
        [],
      );
      expect(existsSync(place)).toBe(false);
    },
    { timeout: 5_000 },
  );
});

test("without the right to drop, hunt calibrate says so and compares nothing", () => {
  const refused = mayDrop
    ? spawnSync("setpriv", ["--bounding-set=-net_admin", program, "calibrate"], run)
    : spawnSync(program, ["calibrate"], run);
  expect(refused.stdout).toBe("");
  expect(refused.stderr).toContain("not available here: dropping segments needs CAP_NET_ADMIN");
  expect(refused.status).toBe(3);
});

const run = { encoding: "utf8", timeout: 20_000 } as const;

function capabilities(): bigint {
  const held = /^CapEff:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return BigInt(`0x${held}`);
}
