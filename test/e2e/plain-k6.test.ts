/** The cross-check as its user starts it; what it compares, and how closely, is in `bench/cross-check.ts`. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const crossCheck = fileURLToPath(new URL("../../bench/cross-check.ts", import.meta.url));

test("the swarm and plain k6 count and measure the same for the same plan", async () => {
  const { code, printed } = await new Promise<{ code: unknown; printed: string }>((resolve) => {
    execFile(process.execPath, [crossCheck], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, printed: stdout + stderr });
    });
  });
  expect(code, printed).toBe(0);
  expect(printed).toMatch(/^ok +digs acknowledged by plain k6: [1-9]/m);
}, 180_000);
