/**
 * The ledger's share of the generator's CPU (`npm run bench:ledger`): what writing an action's attempt and
 * outcome costs, in the batches of one tick, beside the whole of an action in the same minute.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { atMost, printReadings, type Reading } from "./readings.ts";

const module = fileURLToPath(new URL("../native/k6", import.meta.url));

async function go(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("go", args, { cwd: module });
  return stdout;
}

/** Nanoseconds per action by actions per write; the median of three. */
async function ledgerNs(): Promise<ReadonlyMap<number, number>> {
  const text = await go(["test", "-run", "^$", "-bench", "Action", "-count", "3", "./ledger"]);
  const found = new Map<number, number[]>();
  for (const [, actions, ns] of text.matchAll(
    /Action\/(\d+)-per-write\S*\s+\d+\s+([\d.]+) ns\/op/g,
  )) {
    found.set(Number(actions), [...(found.get(Number(actions)) ?? []), Number(ns)]);
  }
  if (found.size === 0) throw new Error(`go test told no benchmark: ${text}`);
  return new Map(
    [...found].map(([actions, all]) => [actions, all.sort((a, b) => a - b)[1] ?? Number.NaN]),
  );
}

const swarm = JSON.parse(await go(["run", "./cmd/swarm-bench", "--groups", "1"])) as {
  readonly cpuUsPerAction: number;
};
const costs = await ledgerNs();
const readings: Reading[] = [
  { what: "an action, us of CPU", value: swarm.cpuUsPerAction, limit: "-", reached: true },
];
for (const [actions, ns] of costs) {
  const share = (ns / 1000 / swarm.cpuUsPerAction) * 100;
  const what = `ledger, ${actions} actions per write, % of it`;
  // Under load a tick has several; one alone is an idle swarm, which has CPU to spare.
  if (actions === 1) readings.push({ what, value: share, limit: "-", reached: true });
  else readings.push(atMost(what, share, 5));
}
printReadings(readings);
