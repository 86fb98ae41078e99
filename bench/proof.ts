/**
 * `npm run proof`: every planted bug over several seeds, kills of the etcd leader and of gateways, and clean
 * runs under faults, in which nothing may be found. Renews the tables of docs/track-record.md; `--quick`
 * plays one of each and only prints, `--part bugs,clean,kills` some of it. Exit code 1 when a bug got away or
 * a clean run was accused.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mdTable } from "../src/reporting/text/markdown-text.ts";
import type { Summary } from "../src/verdict/summary-document.ts";
import { huntJson } from "./hunt-json.ts";
import { killsPerRun, measureKills, victims } from "./kill-runs.ts";
import { cleanRun, type PlantedBug, plantedBugs } from "./planted-bugs.ts";
import type { Reading } from "./readings.ts";

const document = fileURLToPath(new URL("../docs/track-record.md", import.meta.url));
// The sessions that a bug or a fault costs answers are not what is judged here.
const lenient = ["--gate", "warn", "--budget", "sessions.dig.errorRate < 99%"];

interface Played {
  /** Broken guarantees and their violations. */
  readonly broken: ReadonlyMap<string, number>;
  readonly checked: number;
  readonly outcome: string;
}

async function play(flags: readonly string[], seed: number): Promise<Played> {
  const args = ["bench", ...flags, ...lenient, "--seed", String(seed)];
  const { guarantees, verdict } = await huntJson<Summary>(args);
  const broken = guarantees.filter(({ outcome }) => outcome === "broken");
  return {
    broken: new Map(broken.map(({ id, violations }) => [id, violations])),
    checked: Math.max(0, ...guarantees.map(({ checked }) => checked)),
    outcome: verdict.outcome,
  };
}

interface Part {
  readonly rows: readonly (readonly string[])[];
  readonly failures: readonly string[];
}

async function bugRow(planted: PlantedBug, seeds: readonly number[]): Promise<Part> {
  const { bug, flags, faults, caughtBy } = planted;
  const violations: number[] = [];
  const also = new Map<string, number>();
  const failures: string[] = [];
  for (const seed of seeds) {
    const { broken } = await play([...flags, "--sabotage", bug], seed);
    const found = broken.get(caughtBy);
    if (found === undefined) failures.push(`${bug}, seed ${seed}: ${caughtBy} was not broken`);
    else violations.push(found);
    for (const id of broken.keys()) if (id !== caughtBy) also.set(id, (also.get(id) ?? 0) + 1);
  }
  const others = [...also].map(([id, runs]) => `\`${id}\` (${runs})`).join(", ");
  const range =
    violations.length === 0 ? "-" : `${Math.min(...violations)} to ${Math.max(...violations)}`;
  const caught = `${violations.length} of ${seeds.length}`;
  const row = [`\`${bug}\``, faults, `\`${caughtBy}\``, caught, range, others || "-"];
  return { rows: [row], failures };
}

async function cleanRows(seeds: readonly number[]): Promise<Part> {
  const outcomes = new Map<string, number>();
  const failures: string[] = [];
  let checked = 0;
  for (const seed of seeds) {
    const played = await play(cleanRun, seed);
    checked += played.checked;
    outcomes.set(played.outcome, (outcomes.get(played.outcome) ?? 0) + 1);
    for (const [id, count] of played.broken) {
      failures.push(`clean run, seed ${seed}: ${id} broken ${count} times`);
    }
  }
  const ended = [...outcomes].map(([outcome, runs]) => `${outcome} ${runs}`).join(", ");
  return {
    rows: [[String(seeds.length), String(checked), String(failures.length), ended]],
    failures,
  };
}

async function killRows(kills: number): Promise<Part> {
  const readings: Reading[] = [];
  for (const victim of victims) readings.push(...(await measureKills(victim, kills)));
  const failed = readings.filter(({ what, reached }) => !reached && !what.includes("not valid"));
  return {
    rows: readings.map(({ what, value, limit }) => [
      what,
      value === null ? "-" : String(Number(value.toFixed(3))),
      limit,
    ]),
    failures: failed.map(({ what, value, limit }) => `${what}: ${value} (${limit})`),
  };
}

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    seeds: { type: "string", default: "5" },
    clean: { type: "string", default: "20" },
    kills: { type: "string", default: "20" },
    part: { type: "string", default: "bugs,clean,kills" },
  },
});
const wanted = [values.seeds, values.clean, values.kills].map(Number);
const [bugSeeds = 1, cleanSeeds = 1, kills = 1] = values.quick ? [1, 1, killsPerRun] : wanted;
const seedsTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const parts: Readonly<Record<string, () => Promise<Part & { readonly table: string }>>> = {
  async bugs() {
    const bugs: Part[] = [];
    for (const planted of plantedBugs) bugs.push(await bugRow(planted, seedsTo(bugSeeds)));
    const rows = bugs.flatMap((each) => each.rows);
    const head = ["bug", "faults in the run", "caught by", "runs", "violations"];
    const title = `seeds 1 to ${bugSeeds} (\`bench/planted-bugs.ts\` has each run's flags):`;
    const table = `${title}\n\n${mdTable([...head, "broken besides (runs)"], rows).join("\n")}`;
    return { rows, table, failures: bugs.flatMap(({ failures }) => failures) };
  },
  async clean() {
    const clean = await cleanRows(seedsTo(cleanSeeds));
    const title = `clean runs with faults (links degraded, the leader and a gateway killed, the other gateway paused, sessions closed), seeds 1 to ${cleanSeeds}:`;
    const head = ["runs", "operations checked", "false alarms", "verdicts"];
    return { ...clean, table: `${title}\n\n${mdTable(head, clean.rows).join("\n")}` };
  },
  async kills() {
    const killed = await killRows(kills);
    const table = mdTable(["figure", "measured", "to reach"], killed.rows).join("\n");
    return { ...killed, table: `kills under 2,000 digs/s:\n\n${table}` };
  },
};
const chosen = values.part.split(",");
if (
  wanted.some((each) => !Number.isInteger(each) || each < 1) ||
  chosen.some((name) => !Object.hasOwn(parts, name))
) {
  process.stderr.write(
    "usage: node bench/proof.ts [--quick] [--seeds 5] [--clean 20] [--kills 20] [--part bugs,clean,kills]\n",
  );
  process.exit(2);
}

process.exitCode = 0;
for (const name of chosen) {
  const part = await parts[name]?.();
  if (part === undefined) continue;
  const text = `${new Date().toISOString().slice(0, 10)}, ${part.table}`;
  const missed = part.failures.map((each) => `MISS ${each}\n`).join("");
  process.stdout.write(`${text}\n\n${missed}`);
  if (!values.quick) renew(name, text);
  if (part.failures.length > 0) process.exitCode = 1;
}

/** What stands between a part's marks. */
function renew(name: string, text: string): void {
  const before = readFileSync(document, "utf8");
  const [begin, end] = [`<!-- npm run proof: ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from === -1 || to < from)
    throw new Error(`${document} has no place between ${begin} and ${end}`);
  writeFileSync(document, `${before.slice(0, from + begin.length)}\n${text}\n${before.slice(to)}`);
}
