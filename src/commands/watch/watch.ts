/** `hunt watch [RUN]`: a run that goes on, or a recorded one again, as a dashboard or as plain lines. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Look } from "../../dashboard/frame/look.ts";
import { PlainLines } from "../../dashboard/frame/plain-lines.ts";
import { type FeedStatus, RecordingFeed } from "../../dashboard/model/recording-feed.ts";
import { snapshotAt } from "../../dashboard/model/snapshot.ts";
import { copySequence } from "../../dashboard/screen/clipboard.ts";
import { loadDashboard } from "../../dashboard/screen/load-dashboard.ts";
import { WatchClock } from "../../dashboard/screen/watch-clock.ts";
import { WatchScreen } from "../../dashboard/screen/watch-screen.ts";
import type { Environment, InterruptSignal } from "../../environment.ts";
import { exitCodes, signalExitCode } from "../../exit-codes.ts";
import { framesFlag, numberFlag } from "../../flag-values.ts";
import { lanes } from "../../lanes/lanes.ts";
import { findRun } from "../recordings/find-run.ts";
import { isScreen, isSet, knowsUnicode } from "./screen-flags.ts";
import { backendFaultDesk, sameAsCommands } from "./watch-faults.ts";
import { BenchOfWatch } from "./watch-of-bench.ts";

export interface WatchFlags {
  readonly speed?: string;
  readonly frames?: string;
  readonly reports?: string;
  readonly plain?: boolean;
  readonly ascii?: boolean;
  /** Opened by `hunt bench`, on its terminal: leaving it stops the bench. */
  readonly ofBench?: boolean;
}

const defaultFrames = 2;
/** How long one look at the files may take before the screen is drawn: a long recording comes in pieces. */
const readBudgetMs = 400;
/** Without a screen nobody waits for a picture, but a signal must get through. */
const plainBudgetMs = 2000;
/** Plain lines of a replay with a speed, and of a run that goes on. */
const plainEveryMs = 1000;

interface Watch {
  readonly environment: Environment;
  readonly feed: RecordingFeed;
  readonly clock: WatchClock;
  readonly end: AbortController;
  /** From one picture to the next. */
  readonly drawEveryMs: number;
  /** Set for a run that has ended, where it is played again. */
  readonly speed: number | undefined;
  /** The bench whose dashboard this is. */
  readonly bench: BenchOfWatch | undefined;
}

/** @returns 0, or 130/143 after a signal. @throws HuntError for a run that can't be read. */
export async function watchCommand(
  environment: Environment,
  run: string,
  flags: WatchFlags,
): Promise<number> {
  const range = { flag: "--speed", min: 0.1, max: 1000, integer: false };
  const given = flags.speed === undefined ? undefined : numberFlag(flags.speed, range);
  const drawEveryMs = 1000 / framesFlag(flags.frames ?? String(defaultFrames));
  const path = await findRun(environment, run, flags.reports);
  const panelsOf = (id: string) => lanes.find((lane) => lane.id === id)?.panels ?? [];
  const feed = await RecordingFeed.open(path, panelsOf, environment.clock);
  const wanted = flags.plain !== true && isScreen(environment);
  const terminal = wanted ? environment.terminal : undefined;
  const { state } = await feed.poll(readBudgetMs);
  // Lines of a finished run are for reading, not for watching: all at once unless a speed was named.
  const speed =
    state === "running" ? undefined : (given ?? (terminal === undefined ? undefined : 1));
  const end = new AbortController();
  const { parent } = environment;
  const bench =
    flags.ofBench === true && parent !== undefined
      ? new BenchOfWatch(parent, end, feed.model)
      : undefined;
  const watch: Watch = {
    ...{ environment, feed, clock: new WatchClock(speed), end, speed, bench },
    drawEveryMs,
  };
  let signal: InterruptSignal | undefined;
  const offInterrupt = environment.onInterrupt((received) => {
    signal ??= received;
    end.abort();
  });
  const offClosed = environment.onOutputClosed(() => end.abort());
  try {
    if (terminal === undefined) await printLines(watch);
    else await showScreen(watch, terminal, lookOf(environment, flags));
  } finally {
    offInterrupt();
    offClosed();
    bench?.leave();
  }
  if (terminal !== undefined && bench === undefined) environment.stdout.write(lastWords(feed));
  if (signal === undefined) return exitCodes.pass;
  return signalExitCode(signal);
}

function lookOf({ variables }: Environment, flags: WatchFlags): Look {
  const unicode = flags.ascii !== true && knowsUnicode(variables);
  return { colour: !isSet(variables["NO_COLOR"]), unicode };
}

async function showScreen(
  { environment, feed, clock, end, speed, bench, drawEveryMs }: Watch,
  terminal: Environment["terminal"],
  look: Look,
): Promise<void> {
  const { openDashboard } = await loadDashboard();
  const { panels } = feed.model;
  const screen = new WatchScreen({
    model: feed.model,
    clock,
    look,
    panels,
    onQuit: (interrupt) => (bench === undefined ? end.abort() : bench.quit(interrupt)),
    onCopy: (text) => {
      terminal.stdout.write(copySequence(text, isSet(environment.variables["TMUX"])));
    },
    ...(bench === undefined ? {} : { onNote: (text) => bench.note(text) }),
    faults: bench?.faults ?? backendFaultDesk(environment, feed.model),
    commands: await sameAsCommands(environment, feed, bench !== undefined),
    notice: () => bench?.notice ?? "",
  });
  screen.mode = speed === undefined ? "live" : `replay x${speed}`;
  const open = openDashboard(terminal, screen);
  const over = open.closed.finally(() => end.abort());
  over.catch(() => {});
  try {
    while (!end.signal.aborted) {
      const { state, caughtUp } = await feed.poll(readBudgetMs);
      clock.tick(environment.clock.monotonicMs(), screen.held);
      screen.mode = modeOf(speed, state, caughtUp);
      if (bench !== undefined && state === "ended") screen.mode = "load over, checking";
      // A terminal that is slower than we are gets fewer frames, never a queue of them.
      if (terminal.stdout.writableLength === 0) screen.redraw();
      if (!terminal.stdin.isTTY && state !== "running" && atEnd(feed, clock)) break;
      await sleep(drawEveryMs, undefined, { signal: end.signal }).catch(() => {});
    }
  } finally {
    await open.close();
  }
  await over;
}

function modeOf(speed: number | undefined, state: FeedStatus["state"], caughtUp: boolean): string {
  if (!caughtUp) return "reading";
  if (speed !== undefined) return `replay x${speed}`;
  return state === "running" ? "live" : state;
}

async function printLines({ environment, feed, clock, end, speed }: Watch): Promise<void> {
  const lines = new PlainLines();
  let nextS = 0;
  while (!end.signal.aborted) {
    const { state, caughtUp } = await feed.poll(plainBudgetMs);
    clock.tick(environment.clock.monotonicMs(), false);
    if (caughtUp) {
      const untilS = Math.floor(clock.newest(feed.model.lastS));
      for (; nextS <= untilS && !end.signal.aborted; nextS += 1) {
        const snapshot = snapshotAt(feed.model, { atS: nextS, windowS: 5, budgets: [] });
        for (const line of lines.next(snapshot)) environment.stdout.write(`${line}\n`);
      }
      if (state !== "running" && atEnd(feed, clock)) break;
    }
    const pause = caughtUp || speed !== undefined ? plainEveryMs : 0;
    await sleep(pause, undefined, { signal: end.signal }).catch(() => {});
  }
  environment.stdout.write(lastWords(feed));
}

function atEnd({ model }: RecordingFeed, clock: WatchClock): boolean {
  return clock.newest(model.lastS) >= model.lastS;
}

/** Stays in the scrollback when the screen is gone. */
function lastWords({ model }: RecordingFeed): string {
  const { outcome, problems, run } = model;
  const verdict =
    outcome === undefined
      ? `${run.runId}: no verdict yet`
      : `${run.runId}: verdict ${outcome.outcome}. ${outcome.reasons[0] ?? ""}`;
  return [verdict, ...problems, `Next: hunt report ${run.runId}`, ""].join("\n");
}
