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
  expect(summary.lanes["sessions"]?.settings["sabotage"]).toBe("ack-before-commit");
  const lost = summary.guarantees.find(({ id }) => id === "nothing-acknowledged-is-lost");
  expect(lost).toMatchObject({ outcome: "broken" });
  expect(lost?.violations).toBeGreaterThan(0);
});

const others: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  [
    "a retry that is applied again",
    "apply-retry-twice",
    // What comes in is committed, and its answers are held until the players give the streams up: every
    // operation of the first 2.5 s is sent again, whatever the machine is busy with.
    ["--fault", "blackhole link:player->gateway with direction=from at 3s for 5s"],
    ["nothing-is-applied-twice", "log-holds-each-operation-once"],
  ],
  [
    "a proxy that misses a change",
    "stale-cache",
    ["--rate", "1500", "--players", "3000"],
    [
      "nothing-acknowledged-is-lost",
      "state-is-the-replay-of-the-log",
      "reads-are-fresh-after-a-second",
    ],
  ],
  [
    "a closed session that takes operations again",
    "resurrect-closed-session",
    ["--session-ttl", "3s", "--budget", "sessions.dig.errorRate < 90%"],
    ["closed-sessions-stay-closed"],
  ],
  ["batches in the wrong order", "reorder-batches", [], ["log-order-is-real-time-order"]],
];

test.each(others)("%s breaks the guarantees that are about it, and no other", async (...row) => {
  const [, bug, flags, broken] = row;
  const hunt = new HuntProcess([
    ...["bench", "--scenario", "smoke", "--duration", "10s", "--no-warm-follower", "--json"],
    ...["--sabotage", bug, ...flags, "--budget", "sessions.dig.errorRate < 50%"],
  ]);
  expect((await hunt.exited).code, hunt.err).toBe(5);
  const { guarantees } = JSON.parse(hunt.out) as Summary;
  // The second opinion may have the session in its sample or not, and a bug may meet an audited player or not.
  const sure = guarantees.filter(
    ({ id, secondOpinion }) => secondOpinion !== true && id !== "audited-reads-are-explained",
  );
  const found = sure.filter(({ outcome }) => outcome === "broken").map(({ id }) => id);
  expect(found).toEqual(broken);
});

test("a bug that does not exist is refused, and none comes from the environment", async () => {
  const hunt = new HuntProcess(["bench", "--sabotage", "ack-befor-commit"]);
  expect((await hunt.exited).code).toBe(2);
  expect(hunt.err).toContain("ack-before-commit");
});
