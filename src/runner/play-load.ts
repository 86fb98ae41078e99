/**
 * The load of a run, from the generator's start to the last word of what goes along with it:
 *
 *   companions start ▸ calm disk ▸ k6 connects ▸ second 0: companions begin ▸ frames ▸ companions drain ▸ stop
 */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { diskNodeId } from "../engines/disk.ts";
import type { Lane } from "../lanes/lane.ts";
import { type LoadResult, runLoad } from "../load/k6/run-load.ts";
import { peak } from "../load/plan/curve.ts";
import type { LoadTarget, WireLane } from "../load/plan/plan-file.ts";
import { playerNetworks } from "../load/plan/player-networks.ts";
import { askDisk } from "../metrics/collect/collect-disk.ts";
import { optional } from "../optional.ts";
import { laneFile } from "../recording/run-folder.ts";
import { designOf, nodesOf, playersOn } from "../topology/topology.ts";
import type { Companions } from "./companions/companions.ts";
import { LoadWatch } from "./live/load-watch.ts";
import { awaitCalmDisk } from "./machine/calm-disk.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Groups of players, each with connections of its own. One drives 28,000 players with a
 * third of a core; a second one halves what a message carries, and cost 20 % more CPU on all sides.
 */
const groups = 1;

/** @throws HuntError (exit code 3) when the generator does not get to its start. */
export async function playLoad(context: RunContext, companions: Companions): Promise<void> {
  const { request, dependencies, recorder, backend, faults, rehearsal } = context;
  const { stop, clock } = dependencies;
  const watch = new LoadWatch(context);
  faults.onPhases((phases, run) => watch.rephase(phases, run));
  try {
    await companions.start();
    await calmDisk(context);
    const result = await runLoad({
      ...{ backend, clock, signal: stop.signal },
      ...players(context),
      plan: request.scenario.plan,
      target: loadTarget(context),
      ...optional({ enough: rehearsal?.over }),
      onStart: (start) => {
        recorder.begin(start);
        companions.begin(start.monotonicMs);
      },
      onSecond: (frame) => watch.addFrame(frame),
    });
    judgeLoad(result, context);
    await companions.drain(result.outcome === "finished");
  } finally {
    await companions.stop();
  }
}

const probeAnswerMs = 1_000;

function calmDisk({ request, dependencies, recorder, backend }: RunContext): Promise<void> {
  const { clock, stop, view } = dependencies;
  const probe = backend.addresses.address(diskNodeId, "http");
  return awaitCalmDisk({
    ask: () => askDisk(probe, AbortSignal.timeout(probeAnswerMs)),
    afterSpoiledRun: request.afterSlowDisk === true,
    monotonicMs: () => clock.monotonicMs(),
    pause: (ms) => sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined),
    signal: stop.signal,
    tell: (line) => {
      view.line(line);
      recorder.note(line);
    },
  });
}

/** Who plays: the program and its script, and how many groups the players are split into. */
function players({ request, dependencies }: RunContext) {
  const { plan } = request.scenario;
  const { binary, scriptsDir } = dependencies.generator;
  return plan.playedBy === "plain-k6"
    ? { binary, script: join(scriptsDir, "plain.js"), groups: Math.ceil(peak(plan.players)) }
    : {
        binary,
        script: join(scriptsDir, "swarm.js"),
        groups: Math.max(groups, playerNetworks(plan).length),
      };
}

function loadTarget(context: RunContext): LoadTarget {
  const { request } = context;
  return { runId: request.runId, lanes: request.lanes.map((lane) => wireLane(context, lane)) };
}

function wireLane({ request, recorder, backend }: RunContext, lane: Lane): WireLane {
  const { plan, plans } = request.scenario;
  return lane.wireLane(plans[lane.id] ?? plan, {
    design: designOf(request.topology, lane.id),
    ledgerFile: laneFile(recorder.folder, lane.id, "ledger"),
    nodes: (kind, port, network) =>
      nodesOf(request.topology)
        .filter((node) => node.kind === kind)
        .map((node) => ({
          name: node.id,
          address: backend.addresses.linkAddress(playersOn(network), node.id, port),
        })),
  });
}

/** A generator that broke ends the run; one that was stopped has its cause already. */
function judgeLoad(result: LoadResult, { recorder, dependencies }: RunContext): void {
  if (result.outcome !== "failed") return;
  const words = result.lastLines.length === 0 ? "" : `\n  ${result.lastLines.join("\n  ")}`;
  const detail = `${result.reason ?? "the load generator failed"}${words}`;
  recorder.note(detail);
  const full = /no space left|ENOSPC/i.test(detail);
  dependencies.stop.stop({ reason: full ? "disk-full" : "generator-failed", detail });
}
