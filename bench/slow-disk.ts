/**
 * `npm run bench:slow-disk`: what hunt makes of a disk that stands still, on a real one. The nodes' data is on a
 * file system of its own (ext4 on a loop device), which fsfreeze(8) stops for a moment while players play:
 *
 *   once, for 0.7 s               those seconds are left out, and the budget holds
 *   every second, 40 s long       the run can't be told; another one waits for a calm disk, and decides
 *
 * Needs root. The mount is in a mount namespace of this process's own, and its file has no name any more, so
 * the kernel takes both back when the process ends, however it ends.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { exitCodes } from "../src/exit-codes.ts";
import type { Summary } from "../src/verdict/summary-document.ts";
import { atLeast, atMost, printReadings, type Reading } from "./readings.ts";

const hunt = fileURLToPath(new URL("../bin/hunt", import.meta.url));
const insideFlag = "--in-its-own-mount-namespace";
const diskBytes = 3 * 2 ** 30;
const scenario = `
name: slow-disk
plan: { durationS: 30, players: [[0, 2000]], rate: [[0, 800]] }
phases: [{ name: warmup, startS: 0, endS: 5 }, { name: steady, startS: 5, endS: 30 }]
`;

interface Played {
  readonly exitCode: number | null;
  readonly summary: Summary;
  readonly spoiled: number;
  /** Seconds that the load waited for the disk. */
  readonly waitedS: number;
}

/** @param disturb Begins when the load has run for 10 s. */
async function play(
  folder: string,
  retries: number,
  disturb: () => Promise<void>,
): Promise<Played> {
  const args = ["bench", "--scenario", join(folder, "slow-disk.yaml"), "--json"];
  args.push("--retries", String(retries));
  const child = spawn(
    hunt,
    [...args, "--reports", join(folder, "reports"), "--budget", "sessions.dig.p99 < 60ms @steady"],
    { env: { ...process.env, TMPDIR: join(folder, "disk") }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let out = "";
  let err = "";
  let disturbing: Promise<void> | undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    process.stderr.write(text);
    if (err.includes("\nt=10s")) disturbing ??= disturb();
  });
  const exitCode = await endOf(child);
  await disturbing;
  if (exitCode === exitCodes.interrupted || exitCode === exitCodes.terminated) {
    throw new Error("stopped before anything could be told");
  }
  return {
    exitCode,
    summary: JSON.parse(out) as Summary,
    spoiled: err.match(/^spoiled: /gm)?.length ?? 0,
    waitedS: Number(/after (\d+) s of waiting/.exec(err)?.[1] ?? 0),
  };
}

/** Ctrl-C reaches it by itself, SIGTERM is passed on; what was made here is taken back when it has ended. */
async function endOf(child: ChildProcess): Promise<number | null> {
  const ignore = () => {};
  const pass = () => child.kill("SIGTERM");
  process.on("SIGINT", ignore).on("SIGTERM", pass);
  try {
    return await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject).on("close", resolve);
    });
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", pass);
  }
}

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${error ?? stderr}`);
  }
}

async function freeze(disk: string, forMs: number): Promise<void> {
  run("fsfreeze", "--freeze", disk);
  try {
    await sleep(forMs);
  } finally {
    run("fsfreeze", "--unfreeze", disk);
  }
}

function judge(once: Played, often: Played): Reading[] {
  const budget = ({ summary }: Played) => summary.budgets[0];
  return [
    atMost("0.7 s once: exit code", once.exitCode, 0),
    atLeast("... stalls seen", once.summary.diskStalls?.count, 1),
    atLeast("... the longest, s", once.summary.diskStalls?.longest?.forS, 0.5),
    atLeast("... seconds left out of the budget", budget(once)?.leftOutS, 1),
    atMost("... dig p99 of the rest, ms", budget(once)?.observed, 60),
    atMost("every second: exit code", often.exitCode, 0),
    atLeast("... runs that the disk spoiled", often.spoiled, 1),
    atLeast("... waited for a calm disk, s", often.waitedS, 10),
    atMost("... dig p99 of the run that decides, ms", budget(often)?.observed, 60),
  ];
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "hunt-slow-disk-"));
  const disk = join(folder, "disk");
  try {
    const image = join(folder, "disk.img");
    writeFileSync(image, "");
    truncateSync(image, diskBytes);
    run("mkfs.ext4", "-q", image);
    mkdirSync(disk);
    run("mount", "-o", "loop", image, disk);
    rmSync(image);
    writeFileSync(join(folder, "slow-disk.yaml"), scenario);
    const once = await play(folder, 0, () => freeze(disk, 700));
    const often = await play(folder, 1, async () => {
      for (let second = 0; second < 40; second += 1) {
        await freeze(disk, 250);
        await sleep(750);
      }
    });
    const readings = judge(once, often);
    printReadings(readings);
    if (readings.some(({ reached }) => !reached)) process.exitCode = 1;
  } finally {
    // Fails where it was never mounted.
    spawnSync("umount", [disk]);
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes(insideFlag)) {
  await main();
} else {
  const own = ["--mount", "--propagation", "private", process.execPath];
  const [, script = "", ...args] = process.argv;
  const child = spawn("unshare", [...own, script, insideFlag, ...args], { stdio: "inherit" });
  process.exitCode = (await endOf(child)) ?? 1;
}
