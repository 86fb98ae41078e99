/**
 * The cross-check as its user starts it; what it compares is in `bench/cross-check.ts`. Counts must agree
 * as they do there. Latencies have room for what else the machine does: a generator that measures
 * something else, such as response for service or the wrong unit, is further off.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const crossCheck = fileURLToPath(new URL("../../bench/cross-check.ts", import.meta.url));

test("the swarm and plain k6 count and measure the same for the same plan", async () => {
  const { code, printed } = await new Promise<{ code: unknown; printed: string }>((resolve) => {
    const args = [crossCheck, "--p50-ms", "40", "--p99-ratio", "6"];
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, printed: stdout + stderr });
    });
  });
  expect(code, printed).toBe(0);
  expect(printed).toMatch(/^ok +digs acknowledged by plain k6: [1-9]/m);
}, 180_000);
