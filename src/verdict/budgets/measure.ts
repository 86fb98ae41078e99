/** Figures of actions, lanes and nodes over a window of a recording. */
import type { ActionCounts } from "../../metrics/action-counts.ts";
import type { FigureDefinition, QuotientTerm } from "../../metrics/figure.ts";
import { lengthS, type SecondWindow } from "../../metrics/seconds.ts";
import { optional } from "../../optional.ts";
import type { RecordingReader } from "../../recording/recording-reader.ts";
import type { RecordedLane } from "../../recording/run-document.ts";
import { leaderGauge, leaderRate } from "../faults/leader-figures.ts";
import { growth, largest, matchingSeries, total } from "../series-growth.ts";
import type {
  ActionResult,
  LaneResult,
  LatencyResult,
  ResourceResult,
} from "../summary-document.ts";
import { warmFollowerResult } from "../validity/warm-follower.ts";

/** Actions of the swarm and their histogram series, as `docs/swarm-protocol.md` names them. */
function measureAction(
  reader: RecordingReader,
  action: string,
  window: SecondWindow,
): ActionResult {
  const counts = reader.timeline.counts(action, window);
  return {
    ...counts,
    ratePerS: ratePerS(counts, window) ?? 0,
    errorRate: errorRate(counts),
    responseMs: reader.histogram([`${action}.response`], window).figures(),
    serviceMs: reader.histogram([`${action}.service`], window).figures(),
    blockedMs: reader.histogram([`${action}.blocked`], window).figures(),
  };
}

/** Acknowledged actions per second; null for a window without a second. */
export function ratePerS(counts: ActionCounts, window: SecondWindow): number | null {
  const seconds = lengthS(window);
  return seconds === 0 ? null : counts.ok / seconds;
}

/**
 * The backend's failures among the actions that ended, 0 to 1. Dropped ones are the generator's, which
 * is judged apart. Null when none ended.
 */
export function errorRate(counts: ActionCounts): number | null {
  const ended = counts.ok + counts.fail + counts.unknown;
  return ended === 0 ? null : (counts.fail + counts.unknown) / ended;
}

export function measureLanes(
  reader: RecordingReader,
  window: SecondWindow,
): Record<string, LaneResult> {
  const lanes = Object.entries(reader.run.lanes).map(
    ([id, lane]) => [id, measureLane(reader, id, lane, window)] as const,
  );
  return Object.fromEntries(lanes);
}

function measureLane(
  reader: RecordingReader,
  laneId: string,
  lane: RecordedLane,
  window: SecondWindow,
): LaneResult {
  const actions = Object.keys(lane.actions).map(
    (action) => [action, measureAction(reader, `${laneId}.${action}`, window)] as const,
  );
  const figures = lane.figures.map(
    (figure) => [figure.name, measureFigure(reader, figure, window)] as const,
  );
  return {
    design: lane.design,
    players: lane.players,
    settings: { ...lane.settings },
    settingsText: [...lane.settingsText],
    ...optional({ variant: lane.variant }),
    headline: lane.headline,
    actions: Object.fromEntries(actions),
    figures: Object.fromEntries(figures),
    extras: optional({ warmFollower: warmFollowerResult(reader, laneId) }),
  };
}

/** Percentiles for a histogram or a gauge, else a number; null where nothing was measured. */
export function measureFigure(
  reader: RecordingReader,
  figure: FigureDefinition,
  window: SecondWindow,
): LatencyResult | number | null {
  switch (figure.kind) {
    case "histogram":
      return reader.histogram([figure.series], window).figures();
    case "quotient":
      return quotient(
        measureTerm(reader, figure.of, window),
        measureTerm(reader, figure.per, window),
      );
    case "growth":
      return measureTerm(reader, figure, window);
    case "leader-rate":
      return leaderRate(reader.timeline, figure, window);
    case "leader-gauge":
      return leaderGauge(reader.timeline, figure, window);
  }
}

function quotient(dividend: number | null, divisor: number | null): number | null {
  return dividend === null || divisor === null || divisor === 0 ? null : dividend / divisor;
}

function measureTerm(
  reader: RecordingReader,
  term: QuotientTerm,
  window: SecondWindow,
): number | null {
  if ("okActions" in term) return reader.timeline.counts(term.okActions, window).ok;
  const known = matchingSeries(reader.timeline, term.increaseOf)
    .map((series) => growth(reader.timeline.samples(series), window))
    .filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

/** Share of one core, in percent: 200 is two cores. */
export function nodeCpuPercent(
  reader: RecordingReader,
  node: string,
  window: SecondWindow,
): number | null {
  const cpuSeconds = growth(reader.timeline.samples(`node.${node}.cpuSeconds`), window);
  const seconds = lengthS(window);
  return cpuSeconds === null || seconds === 0 ? null : (100 * cpuSeconds) / seconds;
}

export function nodeRssBytes(
  reader: RecordingReader,
  node: string,
  window: SecondWindow,
): number | null {
  return largest(reader.timeline.samples(`node.${node}.rssBytes`), window);
}

/** Every node of the run document and every other one that was sampled, over the whole run. */
export function measureResources(reader: RecordingReader): Record<string, ResourceResult> {
  const { timeline, run } = reader;
  const sampled = timeline.series.flatMap((series) => /^node\.([^.]+)\./.exec(series)?.[1] ?? []);
  const nodes = new Set([...run.nodes.map((node) => node.id), ...sampled]);
  return Object.fromEntries(
    [...nodes].map((node) => [
      node,
      {
        cpuSeconds: total(timeline.samples(`node.${node}.cpuSeconds`)),
        rssMaxBytes: largest(timeline.samples(`node.${node}.rssBytes`)),
        bytesWritten: total(timeline.samples(`node.${node}.writtenBytes`)),
      },
    ]),
  );
}
