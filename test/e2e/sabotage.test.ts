import { expect, test } from "vitest";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { HuntProcess } from "./hunt-process.ts";

test("a gateway that acknowledges before it commits costs the run its guarantee: exit code 5", async () => {
  const hunt = new HuntProcess([
    ...["bench", "--scenario", "smoke", "--duration", "10s", "--no-warm-follower", "--json"],
    ...["--fault", "kill gateway/1 at 5s for 1s", "--sabotage", "ack-before-commit"],
    ...["--budget", "sessions.dig.errorRate < 50%"],
  ]);
  expect((await hunt.exited).code, hunt.err).toBe(5);
  const summary = JSON.parse(hunt.out) as Summary;
  expect(summary.topology?.sabotage).toBe("ack-before-commit");
  const lost = summary.guarantees.find(({ id }) => id === "nothing-acknowledged-is-lost");
  expect(lost).toMatchObject({ outcome: "broken" });
  expect(lost?.violations).toBeGreaterThan(0);
});

test("a bug that does not exist is refused, and none comes from the environment", async () => {
  const hunt = new HuntProcess(["bench", "--sabotage", "ack-befor-commit"]);
  expect((await hunt.exited).code).toBe(2);
  expect(hunt.err).toContain("ack-before-commit");
});
