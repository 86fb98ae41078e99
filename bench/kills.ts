/** `npm run bench:kills -- --kills 20`: what a kill costs the players. */
import { parseArgs } from "node:util";
import { killsPerRun, measureKills, victims } from "./kill-runs.ts";
import { printReadings, type Reading } from "./readings.ts";

const { values, positionals } = parseArgs({
  options: { kills: { type: "string", default: "20" } },
  allowPositionals: true,
});
const kills = Number(values.kills);
const chosen = victims.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (!Number.isInteger(kills) || kills < 1 || chosen.length === 0) {
  process.stderr.write("usage: node bench/kills.ts [leader] [gateway] [--kills 20]\n");
  process.exitCode = 2;
} else {
  process.stderr.write(`${Math.ceil(kills / killsPerRun)} runs of 40 s for each\n`);
  const readings: Reading[] = [];
  for (const victim of chosen) readings.push(...(await measureKills(victim, kills)));
  printReadings(readings);
}
