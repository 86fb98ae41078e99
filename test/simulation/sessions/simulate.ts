/**
 * One simulated run: a world drawn from a seed, treated badly, healed, asked once more, and checked
 * (docs/simulation.md). Most checks are made as things happen and end the run at once; what can only
 * be told at the end is here.
 */
import { Buffer } from "node:buffer";
import {
  applyOperation,
  initialState,
} from "../../../src/reference-backend/sessions/game/session-state.ts";
import { decodeBase } from "../../../src/reference-backend/sessions/log/format/base.ts";
import { prefixEnd } from "../../../src/reference-backend/sessions/log/format/keys.ts";
import { decodeRecord } from "../../../src/reference-backend/sessions/log/format/record.ts";
import { SimGateway } from "./actors/gateway.ts";
import { Player } from "./actors/player.ts";
import { SimProxy } from "./actors/proxy.ts";
import { compareWithTruth, Reader } from "./actors/reader.ts";
import { type CheckName, must, SimulationFailure } from "./checks/checks.ts";
import { CommitWatch, wordBytes } from "./checks/commit-watch.ts";
import { GatewayWatch } from "./checks/gateway-watch.ts";
import type { CoverageCounts } from "./coverage.ts";
import type { RuleRemoval } from "./rules/rule-removal.ts";
import { limits, probeMs, recoverMs } from "./settings.ts";
import { heal, scheduleFaults } from "./world/faults.ts";
import { World } from "./world/world.ts";

/** An answer is owed for at most this: held for 3 s, queued for 3 s, and under way. */
const owedMsMax = 8000;

export interface RunResult {
  readonly seed: number;
  readonly failure: { readonly check: CheckName; readonly message: string } | undefined;
  /** Of everything that happened: two runs of a seed have the same. */
  readonly hash: number;
  readonly operations: number;
  readonly coverage: CoverageCounts;
  /** Only if it was asked for. */
  readonly story: readonly string[];
}

export function simulate(
  seed: number,
  options: { removal?: RuleRemoval; tellsStory?: boolean } = {},
): RunResult {
  const world = new World(seed, options);
  let failure: RunResult["failure"];
  try {
    run(world);
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error;
    failure = { check: error.check, message: error.message };
    world.story.tell(`FAILED ${error.message}`);
  }
  return {
    seed,
    failure,
    hash: world.schedule.hash,
    operations: world.ledger.all.length,
    coverage: world.coverage,
    story: world.story.lines,
  };
}

function run(world: World): void {
  const { settings, schedule, random } = world;
  new CommitWatch(world);
  const watch = new GatewayWatch(world);
  const gateways = Array.from(
    { length: settings.gateways },
    (_, place) => new SimGateway(world, place + 1, watch),
  );
  const proxies = Array.from({ length: settings.proxies }, (_, at) => new SimProxy(world, at + 1));
  const players = Array.from(
    { length: settings.players },
    (_, at) => new Player(world, gateways, at),
  );
  for (const gateway of gateways) {
    schedule.after(random.between(0, 300), () => gateway.start());
  }
  for (const player of players) {
    schedule.after(random.between(200, 1200), () => player.start());
    new Reader(world, player, random.pick(proxies)).start();
  }
  scheduleFaults(world, gateways, proxies);

  schedule.runUntil(settings.activeMs);
  heal(world, gateways);
  schedule.runUntil(settings.activeMs + recoverMs);
  const late = gateways.filter((gateway) => !gateway.ready);
  for (const player of players) player.probe();
  schedule.runUntil(schedule.nowMs + probeMs + 10);
  // One that was just handed a partition is not ready for a moment.
  for (const gateway of late) {
    must(gateway.ready, "stuck", () => `${gateway.name} is not ready, all is healed`);
  }
  for (const proxy of proxies) compareWithTruth(world, proxy);
  schedule.runUntil(schedule.nowMs + 1200);
  for (const gateway of gateways) watch.checkAnswered(gateway, owedMsMax);
  checkLedger(world);
  checkStore(world);
  for (const player of players) checkLife(world, player, watch);
}

function checkLedger(world: World): void {
  for (const { operation, outcome, committed } of world.ledger.all) {
    const { session, device, sequence } = operation;
    const what = () => `${session}/${device}/${sequence} ended ${outcome}`;
    must(outcome !== undefined, "stuck", what);
    must(outcome !== "fail" || !committed, "fail-applied", what);
    must(outcome !== "ok" || committed, "acknowledged-lost", what);
  }
}

/** Bases and tails alone give what was committed; what nobody needs is gone. */
function checkStore(world: World): void {
  const { etcd, truth } = world;
  const states = new Map<string, { state: ReturnType<typeof initialState>; n: number }>();
  for (const { key, value } of etcd.values("/hunt/base/", prefixEnd("/hunt/base/"))) {
    const id = key.slice(key.indexOf("/", "/hunt/base/".length) + 1);
    const { state, n } = decodeBase(id, value);
    states.set(id, { state, n });
  }
  for (const { key, value } of etcd.values("/hunt/log/", prefixEnd("/hunt/log/"))) {
    const n = Number(key.slice(-12));
    for (const operation of decodeRecord(value).operations) {
      const id = operation.session;
      let replayed = states.get(id);
      if (replayed === undefined) {
        replayed = { state: initialState(id, 0), n: -1 };
        states.set(id, replayed);
      }
      if (n > replayed.n) applyOperation(replayed.state, operation);
    }
  }
  for (const session of truth.sessions.values()) {
    const replayed = states.get(session.id);
    if (replayed === undefined && session.closedAtMs !== undefined) continue;
    const same =
      replayed !== undefined &&
      Buffer.compare(wordBytes(replayed.state.words), wordBytes(session.state.words)) === 0;
    must(same, "wrong-state", () => `${session.id}, replayed from bases and tail`);
  }
  for (const [partition, { bytes }] of truth.partitions) {
    must(
      bytes <= limits.foldTailBytes * 2,
      "store-grows",
      () => `partition ${partition} keeps ${bytes} bytes of records, all is healed and quiet`,
    );
  }
  const oldestMs = world.revisionAtMs[etcd.compactedTo] ?? 0;
  must(
    world.nowMs - oldestMs <= limits.compactBehindMs + 5 * limits.compactEveryMs,
    "store-grows",
    () => `the history reaches back ${Math.round(world.nowMs - oldestMs)} ms`,
  );
}

function checkLife(world: World, player: Player, watch: GatewayWatch): void {
  const session = world.truth.sessions.get(player.id);
  if (session === undefined) return;
  // Whoever takes a partition over reads its tail first, and gives everybody a full time.
  const servedMs = Math.max(watch.lastTakenMs(session.partition) + 1000, world.healedAtMs);
  must(
    session.closedAtMs !== undefined || !player.mustBeClosed(world.nowMs, servedMs),
    "never-closed",
    () => `${player.id} showed no life since ${player.silentSinceMs} ms`,
  );
  const watched = player.habit === "watches" && session.operations.at(-1)?.operation.device === 0;
  must(!watched, "closed-early", () => `${player.id} sent keep-alives to each gateway`);
}
