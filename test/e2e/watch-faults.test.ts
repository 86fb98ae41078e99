import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { KeptBackends } from "./kept-backend.ts";
import { PseudoTerminal } from "./pseudo-terminal.ts";

const program = fileURLToPath(new URL("../../bin/hunt", import.meta.url));

test("hunt watch breaks and heals a backend with a name by the commands that it shows", async () => {
  const kept = new KeptBackends();
  const bench = kept.start(
    ...["bench", "--scenario", "smoke", "--duration", "40s", "--rate", "50", "--gate", "warn"],
    ...["--name", "rush", "--budget", "sessions.dig.p99 < 5s"],
  );
  await bench.untilPrinted(/t=5s phase=/);
  const watch = `${kept.home.shell} '${program}' watch --reports '${bench.reportsDir}'`;
  const terminal = new PseudoTerminal(watch, { columns: 100, rows: 30 });
  let at = await terminal.until(/players and load/);
  const press = async (keys: readonly string[], wanted: RegExp) => {
    for (const key of keys) {
      terminal.type(key);
      await sleep(150);
    }
    at = await terminal.until(wanted, at);
  };
  const down = "\u001b[B";
  await press(["f"], /What is to break\?/);
  await press([down, "\r"], /What does it act on\?/);
  await press([down, "\r"], /For how long\?/);
  await press(
    [...Array<string>(6).fill(down), "\r"],
    /fault inject --name rush pause etcd\/follower for 30s/,
  );
  await press(["y"], /fault pause armed on etcd\/\d/);
  const listed = async () =>
    JSON.parse(await kept.must("fault", "list", "--name", "rush", "--json"));
  expect(await listed()).toMatchObject({ faults: [{ fault: "pause", kind: "pause" }] });
  await press(["h"], /heal all faults.*same as: hunt heal --name rush/s);
  await press(["y"], /fault pause healed/);
  await vi.waitFor(async () => expect(await listed()).toEqual({ schemaVersion: 1, faults: [] }), {
    timeout: 10_000,
  });
  terminal.type("q");
  expect(await terminal.exited).toBe(0);
  expect((await bench.exited).code, bench.err).toBe(0);
});
