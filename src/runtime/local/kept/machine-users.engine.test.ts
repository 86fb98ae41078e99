import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../../test/fixtures/temporary-folder.ts";
import { announceRun, type MachineUser, otherUsers } from "./machine-users.ts";

/** Other tests and other hunts of this machine are there too. */
async function seen(name: string): Promise<MachineUser | undefined> {
  return (await otherUsers("own-run")).find((user) => user.name === name);
}

function uniqueId(): string {
  return `20261130-000000-test-${process.pid}-${performance.now()}`;
}

/** A hunt of another checkout, as far as others see it. */
async function otherProcess(folder: string): Promise<ChildProcess> {
  const module = fileURLToPath(new URL("machine-users.ts", import.meta.url));
  const code = `
    const { announceRun } = await import(${JSON.stringify(module)});
    await announceRun({ pid: process.pid, folder: ${JSON.stringify(folder)} });
    setInterval(() => {}, 1_000);
    console.log("up");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout ?? child, "data");
  return child;
}

test("a run is seen with its pid and folder while it lasts, by others but not by itself", async () => {
  const runId = uniqueId();
  const folder = `/reports/of an ömlaut @home/${"long".repeat(120)}/${runId}`;
  {
    await using _ = await announceRun({ pid: process.pid, folder });
    expect(await seen(runId)).toEqual({ what: "run", name: runId, pid: process.pid, folder });
    expect((await otherUsers(runId)).map(({ name }) => name)).not.toContain(runId);
  }
  expect(await seen(runId)).toBeUndefined();
});

test("a run of another process, with another home, is gone in the moment in which it is killed", async () => {
  const runId = uniqueId();
  const folder = `/elsewhere/${runId}`;
  const child = await otherProcess(folder);
  expect(await seen(runId)).toMatchObject({ pid: child.pid, folder });
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await seen(runId)).toBeUndefined();
});

test("a run that is paused, or too late to answer anybody, is seen with its folder", async () => {
  const runId = uniqueId();
  const folder = `/elsewhere/${runId}`;
  const child = await otherProcess(folder);
  child.kill("SIGSTOP");
  expect(await seen(runId)).toEqual({ what: "run", name: runId, pid: child.pid, folder });
});

test("a backend that stays is seen by its keeper's socket, whoever may read its state", async () => {
  const folder = join(temporaryFolder(), "blue-2");
  mkdirSync(folder);
  const keeper = createServer();
  await new Promise<void>((resolve) => keeper.listen(join(folder, "keeper.sock"), resolve));
  onTestFinished(() => void keeper.close());
  const all = await otherUsers("own-run");
  expect(all.filter((user) => user.folder === folder)).toEqual([
    { what: "backend", name: "blue-2", pid: undefined, folder },
  ]);
});
