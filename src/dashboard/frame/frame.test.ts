import { expect, test } from "vitest";
import {
  hdr,
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { sessionsPanels } from "../../lanes/sessions/panels.ts";
import type { RecordingWriter } from "../../recording/recording-writer.ts";
import { RecordingFeed } from "../model/recording-feed.ts";
import { snapshotAt } from "../model/snapshot.ts";
import { copySequence } from "../screen/clipboard.ts";
import { WatchClock } from "../screen/watch-clock.ts";
import { WatchScreen } from "../screen/watch-screen.ts";
import { PlainLines } from "./plain-lines.ts";

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const p99 = { kind: "percentile", series: "sessions.dig.response", percentile: "p99" } as const;

const noFaults = {
  faults: async () => ({ kind: "refused" as const, why: "this run is over" }),
  commands: {
    folder: `reports/${sampleRun.runId}`,
    runId: sampleRun.runId,
    inject: null,
    heal: "hunt heal --name rush",
    quit: { does: "leave; the run goes on", command: null },
  },
};

/** 20 s; a member is lost at 8 s and back at 12 s, in which no dig was answered. */
function write(writer: RecordingWriter): void {
  writer.event({ t: 0, kind: "phase", phase: "warmup", state: "begin" });
  for (let second = 0; second < 20; second += 1) {
    if (second === 8)
      writer.event({ t: 8, kind: "node", node: "etcd/1", state: "lost", detail: "SIGKILL" });
    if (second === 12) writer.event({ t: 12, kind: "node", node: "etcd/1", state: "ready" });
    if (second < 8 || second >= 12) writeQuietSecond(writer, second);
    writer.sample(second, "generator.queue", 0);
  }
}

async function fed(run = sampleRun) {
  const recorded = await recordFixture(run, write);
  const feed = await RecordingFeed.open(recorded.folder.path, () => sessionsPanels, clock);
  const status = await feed.poll(10_000);
  return { feed, status, [Symbol.asyncDispose]: () => recorded[Symbol.asyncDispose]() };
}

function screenOf(feed: RecordingFeed, colour = false) {
  const quit = { asked: false };
  const copied: string[] = [];
  const screen = new WatchScreen({
    model: feed.model,
    clock: new WatchClock(undefined),
    look: { colour, unicode: false },
    panels: sessionsPanels,
    onQuit: () => {
      quit.asked = true;
    },
    onCopy: (text) => copied.push(text),
    ...noFaults,
  });
  return { screen, quit, copied };
}

test("folds a recording into figures as of any second, with gaps where nothing was recorded", async () => {
  await using run = await fed();
  expect(run.status).toEqual({ state: "ended", caughtUp: true });
  const at = snapshotAt(run.feed.model, { atS: 14, windowS: 10, budgets: [] });
  expect(at.line(p99).map((value) => value !== null)).toEqual(
    [5, 6, 7, 8, 9, 10, 11, 12, 13, 14].map((second) => second < 8 || second >= 12),
  );
  expect(at.totals("sessions.dig").ok).toBe(1100);
  expect(at.shaded).toEqual([{ startS: 8, endS: 12 }]);
  expect(snapshotAt(run.feed.model, { atS: 9, windowS: 10, budgets: [] }).events).toHaveLength(2);
});

test("adds late answers and further gateways to the second they belong to", async () => {
  const recorded = await recordFixture(sampleRun, (writer) => {
    writer.histogram("sessions.dig.response", 3, hdr(1000, 99));
    writer.histogram("sessions.dig.response", 4, hdr(1000, 10));
    writer.histogram("sessions.dig.response", 3, hdr(900_000, 99));
    writer.sample(5, "generator.queue", 0);
  });
  await using _ = recorded;
  const feed = await RecordingFeed.open(recorded.folder.path, () => [], clock);
  await feed.poll(10_000);
  expect(snapshotAt(feed.model, { atS: 3, windowS: 10, budgets: [] }).value(p99)).toBeCloseTo(
    900,
    -1,
  );
});

test.each([
  [60, 15],
  [80, 24],
  [120, 40],
  [200, 60],
  [300, 100],
  [40, 10],
])("fills a terminal of %i x %i exactly, with and without colour", async (columns, rows) => {
  await using run = await fed();
  for (const colour of [false, true]) {
    const { screen } = screenOf(run.feed, colour);
    for (const keys of ["", "z", "z3z", "?"]) {
      screen.press({ kind: "text", text: keys });
      const lines = screen.draw(columns, rows);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out.
      const widths = lines.map((text) => text.replaceAll(/\u001b\[\d*m/g, "").length);
      expect(new Set(widths)).toEqual(new Set([columns]));
      expect(lines.length).toBeLessThanOrEqual(rows);
      if (!colour) expect(lines.join("")).not.toContain("\u001b");
    }
  }
});

test("shows a fault from its injection to its end: in the header, as a shade, as marks on every chart, in the log", async () => {
  const faults = [
    { id: "kill", kind: "kill", target: "etcd/leader", lanes: ["sessions"], atS: 6, forS: 4 },
  ];
  const recorded = await recordFixture({ ...sampleRun, faults }, (writer) => {
    for (let second = 0; second < 20; second += 1) {
      const tell = (state: "armed" | "injected" | "healed" | "recovered", more = {}) =>
        writer.event({ t: second + 0.1, kind: "fault", fault: "kill", state, ...more });
      if (second === 6) tell("armed", { resolvedTo: ["etcd/1"] });
      if (second === 6) tell("injected");
      if (second === 6) writer.event({ t: 6.2, kind: "node", node: "etcd/1", state: "exited" });
      if (second === 10) tell("healed", { detail: "by the operator, 0.1 s early" });
      if (second === 12) tell("recovered");
      writeQuietSecond(writer, second);
    }
  });
  await using _ = recorded;
  const feed = await RecordingFeed.open(recorded.folder.path, () => sessionsPanels, clock);
  await feed.poll(10_000);
  const shaded = (atS: number) => snapshotAt(feed.model, { atS, windowS: 20, budgets: [] }).shaded;
  expect([shaded(8), shaded(19)]).toEqual([
    [{ startS: 6.1, endS: 9 }],
    [{ startS: 6.1, endS: 12.1 }],
  ]);
  const { screen } = screenOf(feed);
  const frameAt = (stepsBack: number) => {
    screen.press({ kind: "text", text: "e" });
    screen.press({ kind: "text", text: "<".repeat(stepsBack) });
    return screen.draw(120, 40).join("\n");
  };
  const [after, recovering, broken, before] = [0, 3, 4, 5].map(frameAt);
  expect(before).toContain("next fault kill on etcd/leader in 2s");
  expect(broken).toContain("fault kill on etcd/1 (3s left)");
  expect(recovering).toContain("fault kill on etcd/1 (healed, recovering)");
  expect(recovering).toContain("kill healed: by the operator, 0.1 s early");
  expect(after).not.toMatch(/etcd\/1 \(/);
  const axes =
    after
      ?.match(/\+0s-+x.*/g)
      ?.join("")
      .match(/x-+o-+\^/g) ?? [];
  expect(axes.length).toBeGreaterThan(2);
  expect(new Set(axes.map((axis) => axis.length)).size).toBe(1);
  expect(after).toMatch(/hunt fault kill injected/);
  expect(after).toMatch(/etcd\/1 +up /);
});

/** 20 s that are checked while they go on; the checker falls silent, is behind, and then finds something. */
async function checkedRun() {
  const story = "Player 4: operation 2 was acknowledged, but is not in the log.";
  const recorded = await recordFixture(sampleRun, (writer) => {
    for (let second = 0; second < 20; second += 1) {
      writeQuietSecond(writer, second);
      const check = (name: string, value: number) =>
        writer.sample(second + 0.9, `check.${name}`, value);
      if (second === 15) {
        const guarantee = "log-holds-each-operation-once";
        writer.event({
          t: 15.9,
          kind: "violation",
          lane: "sessions",
          what: "lost",
          guarantee,
          story,
        });
      }
      if (second >= 5 && second < 11) continue;
      check("acknowledged", 100 * second);
      check("upToS", second);
      check("delivered", 100 * second);
      if (second === 12 || second === 13) continue;
      check("lost", second < 15 ? 0 : 3);
      for (const name of ["twice", "refused", "unsent", "order", "records"]) check(name, 0);
    }
    const reads = { checked: 10, back: 0, asked: 0, stale: 0, settled: 0, late: 0 };
    const violation = { rule: "back" as const, player: 7, wanted: 5, got: 4 };
    writer.event({ t: 17, kind: "reads", lane: "sessions", ...reads, back: 1 });
    writer.event({ t: 17.5, kind: "read-violation", lane: "sessions", ...violation });
    writer.event({ t: 17.6, kind: "alert", budget: "x", state: "fired", observed: 9 });
  });
  const feed = await RecordingFeed.open(recorded.folder.path, () => sessionsPanels, clock);
  await feed.poll(10_000);
  return { feed, [Symbol.asyncDispose]: () => recorded[Symbol.asyncDispose]() };
}

test("shows what is lost, twice and out of order as it is found, and never a 0 that is not known", async () => {
  await using run = await checkedRun();
  const { screen } = screenOf(run.feed);
  const at = (second: number) => {
    screen.press({ kind: "text", text: "e" });
    screen.press({ kind: "text", text: "<".repeat((19 - second) / 3) });
    const lines = screen.draw(120, 40);
    const first = lines.findIndex((line) => line.includes(" correctness "));
    const column = lines[first]?.search(/\+- \d correctness/) ?? 0;
    const panel = lines.slice(first + 2, first + 4).map((line) => line.slice(column, column + 40));
    return { verdict: lines[2] ?? "", panel };
  };
  expect(at(4).panel).toEqual([
    "|lost 0  twice 0 (<0.75%)  order 0     |",
    "|checked up to t=4s of the log         |",
  ]);
  expect(at(4).verdict).toContain("no alert is on");
  expect(at(7).panel[0]).toContain("lost 0");
  const silent = [
    "|lost ?  twice ?  order ?              |",
    "|not known                             |",
  ];
  expect(at(10).panel).toEqual(silent);
  expect(at(13).panel).toEqual([silent[0], "|not known; checked up to t=13s        |"]);
  expect(at(16).panel[0]).toBe("|LOST 3  twice 0 (<0.19%)  order 0     |");
  expect(at(16).verdict).toMatch(/^VIOLATION lost: Player 4: operation 2 was acknowledged/);
  expect(at(19).verdict).toMatch(/^VIOLATION lost, reads: Player 4/);
  const all = screen.draw(120, 40).join("\n");
  expect(all).toContain("VIOLATION (lost): Player 4");
  expect(all).toContain("a read of player 7 went back:");
});

test("says in each line what is lost and twice, a dash where it is not known, nothing where nobody looks", async () => {
  await using run = await checkedRun();
  const line = (feed: RecordingFeed, atS: number) =>
    new PlainLines().next(snapshotAt(feed.model, { atS, windowS: 5, budgets: [] })).at(-1);
  expect(line(run.feed, 7)).toMatch(/ dropped=0 lost=0 twice=0$/);
  expect(line(run.feed, 9)).toMatch(/ lost=- twice=-$/);
  expect(line(run.feed, 13)).toMatch(/ lost=- twice=-$/);
  expect(line(run.feed, 19)).toMatch(/ lost=3 twice=0$/);
  await using older = await fed();
  expect(line(older.feed, 10)).not.toContain("lost=");
  expect(screenOf(older.feed).screen.draw(120, 40).join("\n")).toContain("checked after the load");
});

test("shows links where the recording has any, the slowest first, and the log over the whole last row", async () => {
  const link = (from: string, to: string) => `link.${from}->${to}`;
  const recorded = await recordFixture(sampleRun, (writer) => {
    for (let second = 0; second < 20; second += 1) {
      writeQuietSecond(writer, second);
      if (second < 5) continue;
      writer.sample(second, "sockets.etcd-peer.retransmits", second < 10 ? 0 : 7);
      writer.sample(second, "sockets.gateway-grpc.retransmits", 0);
      writer.sample(second, `${link("gateway/1", "etcd/2:client")}.stalls`, 0);
      writer.sample(second, `${link("k6/1", "gateway/1:grpc")}.stalls`, second);
      // Nothing passed the other link.
      writer.sample(second, `${link("k6/1", "gateway/1:grpc")}.delayP50Ms`, 40.5);
      writer.sample(second, `${link("k6/1", "gateway/1:grpc")}.delayP99Ms`, 120);
    }
  });
  await using _ = recorded;
  const feed = await RecordingFeed.open(recorded.folder.path, () => sessionsPanels, clock);
  await feed.poll(10_000);
  const { screen } = screenOf(feed);
  const lines = screen.draw(120, 40);
  const first = lines.findIndex((line) => line.includes(" 9 links "));
  expect(lines.slice(first, first + 5).map((line) => line.slice(80))).toEqual([
    "+- 9 links ----------------------------+",
    "|retransmits 7  etcd-peer 7            |",
    "|achieved delay, ms    p50   p99 stalls|",
    "|k6/1->gateway/1      40.5   120     14|",
    "|gateway/1->etcd/2       -     -      0|",
  ]);
  expect(lines.find((line) => line.includes(" 10 log "))).toMatch(/^\+- 10 log -+\+$/);
  await using without = await fed();
  expect(screenOf(without.feed).screen.draw(120, 40).join("\n")).not.toContain("links");
});

test("says what it needs when the terminal is too small, and shows what fits", async () => {
  await using run = await fed();
  const lines = screenOf(run.feed).screen.draw(50, 12);
  expect(lines[0]).toContain("50x12; hunt watch needs 60x15");
  expect(lines.join("\n")).toContain("t=19s of 20s");
});

test("holds the view, moves it in time, filters the log and leaves, by keys", async () => {
  await using run = await fed();
  const { screen, quit } = screenOf(run.feed);
  const shown = () => screen.draw(120, 40).join("\n");
  screen.press({ kind: "text", text: " <" });
  expect(shown()).toContain("HELD at 16s");
  expect(shown()).toContain("phase steady (4s left)");
  screen.press({ kind: "text", text: "e/lead" });
  expect(shown()).toContain("filter the log: lead_");
  screen.press({ kind: "escape" });
  expect(quit.asked).toBe(false);
  screen.press({ kind: "text", text: "q" });
  expect(quit.asked).toBe(true);
});

test("copies the focused panel as text, and says so until the next key", async () => {
  await using run = await fed();
  const { screen, copied } = screenOf(run.feed, true);
  screen.press({ kind: "text", text: "3y" });
  expect(copied).toHaveLength(1);
  expect(copied[0]).toMatch(/^20260101-120000-smoke-0000 t=19s raft\nnode .*\netcd\/1 /);
  expect(copied[0]).not.toContain("\u001b");
  expect(screen.draw(120, 40).at(-1)).toContain('copied "raft" by OSC 52');
  screen.press({ kind: "tab", back: false });
  expect(screen.draw(120, 40).at(-1)).toContain("? help  q quit");
});

test("says what hunt says while the load has not begun", async () => {
  const run = { ...sampleRun, state: { kind: "running" as const } };
  await using recorded = await recordFixture(run, () => {});
  const feed = await RecordingFeed.open(recorded.folder.path, () => sessionsPanels, clock);
  await feed.poll(10_000);
  const { screen } = screenOf(feed);
  expect(screen.draw(80, 24)[2]).toContain("starting, 0 alerts so far");
  const text = "disk stood still for 110 ms: waiting for 5 calm seconds, at most 30 s";
  feed.model.addLogLine({ t: 0, node: "hunt", text });
  expect(screen.draw(80, 24)[2]?.trimEnd()).toBe(`starting: ${text}`);
});

test("takes a note, key by key, where there is a run to put it on", async () => {
  await using run = await fed();
  const notes: string[] = [];
  const screen = new WatchScreen({
    model: run.feed.model,
    clock: new WatchClock(undefined),
    look: { colour: false, unicode: false },
    panels: sessionsPanels,
    onQuit: () => {},
    onNote: (text) => notes.push(text),
    ...noFaults,
  });
  screen.press({ kind: "text", text: "mpager q" });
  expect(screen.draw(120, 40).at(-1)).toContain("note on the timeline: pager q_");
  screen.press({ kind: "escape" });
  screen.press({ kind: "text", text: "m" });
  screen.press({ kind: "text", text: "quiet 1" });
  screen.press({ kind: "enter" });
  screen.press({ kind: "text", text: "m" });
  screen.press({ kind: "enter" });
  expect(notes).toEqual(["quiet 1"]);
  const { screen: elsewhere } = screenOf(run.feed);
  elsewhere.press({ kind: "text", text: "m" });
  expect(elsewhere.draw(120, 40).at(-1)).toContain("? help");
});

test("wraps what is copied for tmux, which hands nothing else on", () => {
  expect(copySequence("dig", false)).toBe("\u001b]52;c;ZGln\u0007");
  expect(copySequence("dig", true)).toContain("\u001bPtmux;\u001b\u001b]52;c;ZGln\u0007\u001b\\");
});

test("tells a run that nobody writes any more from one that goes on", async () => {
  await using run = await fed({ ...sampleRun, state: { kind: "running" } });
  expect(run.status.state).toBe("running");
  const late = { ...clock, nowMs: () => Date.now() + 20_000 };
  const feed = await RecordingFeed.open(run.feed.folder.path, () => [], late);
  expect((await feed.poll(10_000)).state).toBe("silent");
  expect(feed.model.problems.join()).toContain("hunt was killed");
});

test("prints one line per event and one every 5 s", async () => {
  await using run = await fed();
  const lines = new PlainLines();
  const all = Array.from({ length: 20 }, (_, atS) =>
    lines.next(snapshotAt(run.feed.model, { atS, windowS: 5, budgets: [] })),
  ).flat();
  expect(all).toHaveLength(6);
  expect(all).toContain("t=8.0s etcd/1 lost: SIGKILL");
  expect(all.at(-1)).toMatch(/^t=15s phase=steady sessions.dig 100\/s p99=4.0ms fail=0/);
});
