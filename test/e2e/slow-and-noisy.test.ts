import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { binaryPath } from "../../src/engines/programs/binaries.ts";
import { descendantsOf } from "./hunt-process.ts";
import { KeptBackends } from "./kept-backend.ts";

test("a slow start holds a node back as a process that answers nothing, until it is healed", async () => {
  const kept = new KeptBackends();
  await kept.must("up");
  for (const node of ["etcd/2", "gateway/1"]) {
    const before = await kept.node(node);
    expect(await kept.must("fault", "inject", "slow-start", node)).toMatch(
      /evidence: .*pid (\d+) ended with SIGKILL, pid (?!\1)\d+ is held back \(state T\)/,
    );
    expect(await kept.node(node)).toMatchObject({ health: "paused", restarts: 1 });
    expect(await kept.must("heal")).toContain("fault slow-start recovered");
    const after = await kept.node(node);
    expect(after).toMatchObject({ restarts: 1 });
    expect(after["pid"]).not.toBe(before["pid"]);
    // A gateway that is handed its partition back serves it some milliseconds later.
    const health = async () => (await kept.node(node)).health;
    await expect.poll(health, { timeout: 10_000 }).toBe("ok");
  }

  const noise = ["with", "share=50%,cores=1"];
  expect(await kept.must("fault", "inject", "noisy-neighbour", "gateway/1", ...noise)).toMatch(
    /evidence: gateway\/1: pid \d+ burnt 0\.\d\d s of CPU on processor \d+ in \d/,
  );
  const burners = () =>
    descendantsOf(kept.keeper().pid).filter(({ command }) => command.includes("/neighbour "));
  expect(burners()).toHaveLength(1);
  expect(await kept.must("heal")).toContain("fault noisy-neighbour recovered");
  expect(burners()).toEqual([]);
});

test("a noisy neighbour that nobody ends, ends by itself, and burns no more than its share", () => {
  const begunMs = performance.now();
  const args = ["--cpus", "0", "--share", "0.3", "--for", "1s"];
  const ended = spawnSync("sh", ["-c", '"$0" "$@"; times', binaryPath("neighbour"), ...args], {
    encoding: "utf8",
    timeout: 10_000,
  });
  expect(ended.status, ended.stderr).toBe(0);
  expect(performance.now() - begunMs).toBeGreaterThan(1_000);
  const [, minutes = "", seconds = ""] = /\n(\d+)m([\d.]+)s/.exec(ended.stdout) ?? [];
  const cpuS = Number(minutes) * 60 + Number(seconds);
  expect(cpuS).toBeGreaterThan(0.05);
  expect(cpuS).toBeLessThan(0.45);
});
