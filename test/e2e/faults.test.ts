import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { descendantsOf, HuntProcess, untilGone } from "./hunt-process.ts";
import { KeptBackends } from "./kept-backend.ts";

test("a bench whose leader and gateway are killed loses nothing and proves that both died", async () => {
  const hunt = new HuntProcess([
    ...["bench", "--scenario", "smoke", "--duration", "10s", "--json"],
    ...["--fault", "kill etcd/leader at 4s for 1s", "--fault", "kill gateway/1 at 6s for 1s"],
    ...["--budget", "sessions.dig.p99 < 4s", "--budget", "fault.kill-1.gap < 4s"],
  ]);
  expect((await hunt.exited).code, hunt.err).toBe(0);
  const summary = JSON.parse(hunt.out) as Summary;
  for (const guarantee of summary.guarantees) expect(guarantee).toMatchObject({ outcome: "held" });
  const [leader, gateway] = summary.faults;
  expect(leader?.evidence).toMatch(/^etcd\/[123]: pid \d+ ended with SIGKILL$/);
  expect(gateway).toMatchObject({ id: "kill-2", resolvedTo: ["gateway/1"], problem: null });
  expect(leader?.gapS).toBeGreaterThan(0);
  expect(leader?.restoredAtS).toBeGreaterThanOrEqual(5);
});

test("what is wrong with a fault is said before anything is started", async () => {
  const hunt = new HuntProcess(["bench", "--fault", "kill zone:d at 30s for 5s"]);
  expect((await hunt.exited).code).toBe(2);
  expect(hunt.err).toContain("Did you mean 'zone:");
});

test("by hand, a fault outlives a hunt that is killed, and hunt heal undoes it from the journal", async () => {
  const kept = new KeptBackends();
  expect(await kept.must("heal")).toContain("nothing to do");
  await kept.must("up");
  const hunt = kept.start("fault", "inject", "pause", "etcd/follower", "for", "60s", "as", "nap");
  await vi.waitFor(() => expect(hunt.out).toContain("fault nap evidence"), { timeout: 10_000 });
  hunt.kill("SIGKILL");
  await hunt.exited;
  const listed = JSON.parse(await kept.must("fault", "list", "--json")).faults;
  expect(listed).toMatchObject([{ fault: "nap", kind: "pause" }]);
  const target: string = listed[0].node;
  expect(await kept.node(target)).toMatchObject({ health: "paused" });
  const again = await kept.run("fault", "inject", "kill", target, "for", "1s");
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining(`${target} is paused`) });
  const other = await kept.run("fault", "inject", "kill", "etcd/leader", "for", "1s");
  expect(other).toMatchObject({ code: 2, err: expect.stringContaining("are needed to commit") });
  expect(await kept.must("heal")).toContain("fault nap recovered");
  expect(await kept.node(target)).toMatchObject({ health: "ok" });
  expect(await kept.must("fault", "list")).toContain("no fault is injected");
  expect(await kept.must("fault", "inject", "leader-transfer", "etcd/leader")).toContain(
    "leads in",
  );
});

test("by hand, a fault whose hunt is killed ends when its time is over, and its warden with it", async () => {
  const kept = new KeptBackends();
  await kept.must("up");
  const inject = (time: string) => {
    return ["fault", "inject", "pause", "gateway/1", "for", time, "as", "nap"];
  };
  expect(await kept.must(...inject("1s"))).toContain("fault nap recovered");
  const wardens = () =>
    descendantsOf(kept.keeper().pid).filter(({ command }) => command.includes("warden/main.js"));
  expect(wardens()).toEqual([]);
  const hunt = kept.start(...inject("5s"));
  await vi.waitFor(() => expect(hunt.out).toContain("fault nap evidence"), { timeout: 20_000 });
  expect(wardens()).toHaveLength(1);
  hunt.kill("SIGKILL");
  await hunt.exited;
  expect(await kept.node("gateway/1")).toMatchObject({ health: "paused" });
  await vi.waitFor(
    async () => expect(await kept.node("gateway/1")).toMatchObject({ health: "ok" }),
    {
      timeout: 15_000,
      interval: 200,
    },
  );
  expect(await kept.must("fault", "list")).toContain("no fault is injected");
  await vi.waitFor(() => expect(wardens()).toEqual([]), { timeout: 5_000 });
});

test("by hand, what a hunt had injected when it was killed, before it saw it bite, is undone at once", async () => {
  const kept = new KeptBackends();
  await kept.must("up");
  for (const fault of [
    ["pause", "gateway/1", "for", "60s"],
    ["kill", "etcd/leader"],
    ["restart", "gateway/2"],
  ]) {
    const hunt = kept.startWith(killedWhenItPrints("injected"), "fault", "inject", ...fault);
    expect(await hunt.exited, hunt.err).toEqual({ code: null, signal: "SIGKILL" });
    expect(hunt.out).not.toContain("evidence");
    await vi.waitFor(
      async () => expect(await kept.must("fault", "list")).toContain("no fault is injected"),
      { timeout: 15_000, interval: 200 },
    );
    const health = (await kept.nodes()).map((node) => `${node.id} ${node.health}`);
    expect(
      health.filter((each) => !each.endsWith(" ok")),
      fault.join(" "),
    ).toEqual([]);
  }
});

/** At the very moment: no other process could hit it. */
function killedWhenItPrints(text: string): Readonly<Record<string, string>> {
  const script = `
    const write = process.stdout.write;
    process.stdout.write = function (line, ...rest) {
      const done = write.call(this, line, ...rest);
      if (String(line).includes(" ${text}")) process.kill(process.pid, "SIGKILL");
      return done;
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}

test("a fault waits for the one before it, and is healed in its time though hunt stands still", async () => {
  const hunt = new HuntProcess([
    ...["bench", "--scenario", "smoke", "--duration", "20s", "--json", "--no-warm-follower"],
    ...["--retries", "0", "--budget", "sessions.dig.p99 < 20s"],
    ...["--fault", "kill gateway/1 at 5s for 2s", "--fault", "pause gateway/1 at 7s for 2s"],
    ...["--fault", "pause gateway/2 at 13s for 2s as nap"],
  ]);
  await hunt.untilPrinted(/fault pause waiting at t=7\.\ds: gateway\/1 is /);
  await hunt.untilPrinted(/fault nap evidence/);
  hunt.kill("SIGSTOP");
  const warden = hunt.nodes(/warden\/main\.js/);
  expect(warden).toHaveLength(1);
  const paused = () => hunt.nodes(/gateway/).some(({ pid }) => stateOf(pid) === "T");
  expect(paused()).toBe(true);
  await vi.waitFor(() => expect(paused()).toBe(false), { timeout: 10_000, interval: 50 });
  hunt.kill("SIGCONT");
  await hunt.exited;
  const { faults } = JSON.parse(hunt.out) as Summary;
  const [killed, waited, nap] = faults;
  expect([killed?.problem, waited?.problem, nap?.problem]).toEqual([null, null, null]);
  // Its whole length, from when its target served again.
  expect(waited?.injectedAtS).toBeGreaterThan(killed?.restoredAtS ?? Number.POSITIVE_INFINITY);
  expect((waited?.healedAtS ?? 0) - (waited?.injectedAtS ?? 0)).toBeGreaterThan(1.7);
  expect(waited?.healedBy).toBe("plan");
  expect(nap?.healedBy).toBe("warden");
  expect(nap?.healedAtS).toBeGreaterThan(15.5);
  expect(nap?.healedAtS).toBeLessThan(18);
  await untilGone(warden, 5_000);
});

test("a member that was removed and a full store are mended as a person would", async () => {
  const kept = new KeptBackends();
  await kept.must("up", "--quota", "16MB");
  const listed = () => kept.must("exec", "etcd/1", "--", "etcdctl", "member", "list");
  const before = (await listed()).split("\n").find((line) => line.includes("etcd-2"));
  expect(await kept.must("fault", "inject", "remove-member", "etcd/2")).toContain("is in no list");
  expect(await listed()).not.toContain("etcd-2");
  expect(await kept.must("heal")).toContain("fault remove-member recovered");
  const after = (await listed()).split("\n").find((line) => line.includes("etcd-2"));
  expect(after).toMatch(/started, etcd-2, .*, false$/);
  expect(after).not.toBe(before);
  expect(await kept.node("etcd/2")).toMatchObject({ health: "ok" });

  const put = () => kept.run("exec", "etcd/1", "--", "etcdctl", "put", "of-a-test", "1");
  expect(await kept.must("fault", "inject", "space-alarm", "etcd/follower")).toContain("NOSPACE");
  expect(await put()).toMatchObject({ code: 1, err: expect.stringContaining("space exceeded") });
  expect(await kept.must("heal")).toContain("fault space-alarm recovered");
  expect((await put()).code).toBe(0);
});

test("a store whose quota is too large to be filled is said before anything is started", async () => {
  const fault = "space-alarm etcd/leader at 10s for 2s";
  const hunt = new HuntProcess(["bench", "--scenario", "smoke", "--fault", fault]);
  expect((await hunt.exited).code).toBe(2);
  expect(hunt.err).toContain("--quota 256MB");
});

/** The letter of proc(5). */
function stateOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[0];
}
