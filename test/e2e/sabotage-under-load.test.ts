import { expect, test } from "vitest";
import { plantedBugs } from "../../bench/planted-bugs.ts";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { HuntProcess } from "./hunt-process.ts";

/** Those that take many operations to show; `sabotage.test.ts` has the others. */
const rare = ["lose-batch-on-leader-change", "drop-one-in-20000", "skip-fencing"];

test.each(plantedBugs.filter(({ bug }) => rare.includes(bug)))(
  "$bug is caught by $caughtBy: exit code 5",
  async ({ bug, flags, caughtBy }) => {
    const hunt = new HuntProcess(["bench", ...flags, "--sabotage", bug, "--json"]);
    expect((await hunt.exited).code, hunt.err).toBe(5);
    const { guarantees } = JSON.parse(hunt.out) as Summary;
    const broken = guarantees.filter(({ outcome }) => outcome === "broken").map(({ id }) => id);
    expect(broken).toContain(caughtBy);
  },
);
