/** What an operator reads at 80x24, line by line: nothing cut in the middle, nothing written over. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  counts,
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { sessionsPanels } from "../../lanes/sessions/panels.ts";
import type { RecordingWriter } from "../../recording/recording-writer.ts";
import type { RunDocument } from "../../recording/run-document.ts";
import { RecordingFeed } from "../model/recording-feed.ts";
import type { Key } from "../screen/view-state.ts";
import { WatchClock } from "../screen/watch-clock.ts";
import { WatchScreen } from "../screen/watch-screen.ts";

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const links = ["k6/1->gateway/1:grpc", "k6/1->gateway/2:grpc"];

/** Links degraded from 8 to 16 s, and the leader killed at 10 s for 3 s. */
const run: RunDocument = {
  ...sampleRun,
  phases: [
    { name: "warmup", startS: 0, endS: 5 },
    { name: "steady", startS: 5, endS: 8 },
    { name: "fault:mobile", startS: 8, endS: 10 },
    { name: "fault:kill-1", startS: 10, endS: 13 },
    { name: "recovery", startS: 13, endS: 18 },
    { name: "cooldown", startS: 18, endS: 19 },
    { name: "steady", startS: 19, endS: 20 },
  ],
  nodes: ["etcd/3", "etcd/2", "etcd/1", "gateway/1", "proxy/1", "toxiproxy/1"].map((id) => ({
    ...{ id, kind: id.split("/")[0] ?? "", zone: "a" },
  })),
  faults: [
    {
      id: "mobile",
      kind: "degrade",
      target: "link:player->gateway",
      lanes: ["sessions"],
      atS: 8,
      forS: 8,
    },
    { id: "kill-1", kind: "kill", target: "etcd/leader", lanes: ["sessions"], atS: 10, forS: 3 },
  ],
};

function write(writer: RecordingWriter): void {
  const tell = (t: number, fault: string, state: "armed" | "injected", resolvedTo?: string[]) =>
    writer.event({ t, kind: "fault", fault, state, ...(resolvedTo ? { resolvedTo } : {}) });
  for (let second = 0; second < 20; second += 1) {
    writeQuietSecond(writer, second);
    if (second === 8) tell(8.1, "mobile", "armed", links);
    if (second === 8) tell(8.2, "mobile", "injected");
    if (second === 9) writer.event(alert(9, "fired"));
    if (second === 10) tell(10.1, "kill-1", "armed", ["etcd/1"]);
    if (second === 10) tell(10.2, "kill-1", "injected");
    if (second === 10) writer.event({ t: 10.2, kind: "node", node: "etcd/1", state: "exited" });
    writer.counts(second, "sessions.dig", counts(40, { unknown: 2, dropped: 1 }));
    writer.sample(second, "node.etcd/1.isLeader", 1);
    writer.sample(second, "node.etcd/2.isLeader", 0);
    writer.sample(second, "generator.players", 2800);
    for (const node of ["etcd/2", "etcd/3", "gateway/1", "toxiproxy/1", "k6/1", "hunt"]) {
      writer.sample(second, `node.${node}.cpuSeconds`, second * 1.234);
      writer.sample(second, `node.${node}.rssBytes`, 101e6);
    }
  }
}

function alert(t: number, state: "fired" | "resolved") {
  return {
    t,
    kind: "alert",
    budget: "sessions.dig.p99 < 80ms @steady",
    state,
    observed: 123.4,
  } as const;
}

async function screenAt(
  atS: number,
  recorded: RunDocument = run,
  logs: Record<string, string> = {},
) {
  const fixture = await recordFixture(recorded, write);
  for (const [name, text] of Object.entries(logs)) {
    await writeFile(join(fixture.folder.logsDir, name), text);
  }
  const feed = await RecordingFeed.open(fixture.folder.path, () => sessionsPanels, clock);
  await feed.poll(10_000);
  const screenClock = new WatchClock(1);
  screenClock.jump(atS);
  const screen = new WatchScreen({
    model: feed.model,
    clock: screenClock,
    look: { colour: false, unicode: false },
    panels: sessionsPanels,
    onQuit: () => {},
    faults: async () => ({ kind: "refused", why: "over" }),
    commands: {
      folder: "reports/run",
      runId: recorded.runId,
      inject: "hunt bench --fault '...'",
      heal: null,
      quit: { does: "leave; the run goes on", command: null },
    },
  });
  screen.mode = "replay x1";
  const draw = (keys = "", columns = 80, rows = 24) => {
    for (const text of keys) screen.press({ kind: "text", text });
    return screen.draw(columns, rows);
  };
  const press = (key: Key) => {
    screen.press(key);
    return draw();
  };
  return { draw, press, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() };
}

/** The lines inside the panel that begins at the left edge, or in the second column. */
function panelOf(lines: readonly string[], title: string): string[] {
  const first = lines.findIndex((line) => line.includes(` ${title} `));
  const from = (lines[first] ?? "").indexOf(` ${title} `) < 40 ? 0 : 40;
  const inside = lines.slice(first + 1).map((line) => line.slice(from + 1, from + 39));
  const end = inside.findIndex((line) => /^[-=]+$/.test(line));
  return inside.slice(0, end).map((line) => line.trimEnd());
}

test("the header names what is broken in the room that it has, and the strip keeps names and marks apart", async () => {
  await using screen = await screenAt(11);
  expect(screen.draw().slice(0, 5)).toEqual([
    "hunt smoke log  seed 7  20260101-120000-smoke-0000  replay x1                   ",
    "t=11s of 20s  phase fault:kill-1 (2s left)  fault mobile (5s); kill (2s)        ",
    "ALERT sessions.dig.p99 < 80ms @steady                                           ",
    "[warmup=============[steady=====[mobile=[kill-1-----[recovery-----------[coo[ste",
    "                                x   !   x   |                                   ",
  ]);
  expect(screen.draw("", 130, 24)[1]).toContain(
    "fault mobile (degrade) on link:player->gateway (5s left); kill on etcd/1 (2s left)",
  );
  await using before = await screenAt(9);
  expect(before.draw()[1]?.trimEnd()).toBe(
    "t=9s of 20s  phase fault:mobile (1s left)  degrade on link:player->gateway (7s)",
  );
  await using over = await screenAt(20);
  expect(over.draw()[1]).toContain("t=19s of 20s  phase steady (1s left)");
});

test("a phase without room for three letters of its name has none", async () => {
  await using screen = await screenAt(1);
  expect(screen.draw("", 60, 15)[3]).toBe(
    "[warmup--------[steady--[mobil[kill-1--[recovery------[--[--",
  );
});

test("narrow panels leave whole columns and zeros out, and say what they leave out", async () => {
  await using screen = await screenAt(11);
  const lines = screen.draw();
  expect(panelOf(lines, "2 players and load").slice(0, 3)).toEqual([
    "dig   137/s of 140/s  drop 12 unk 24",
    "read  25/s of 25/s  missed 0",
    "players 2800; chart: ok and plan",
  ]);
  expect(panelOf(lines, "3 raft").slice(0, 4)).toEqual([
    "node    role      term   lag  fsync99",
    "etcd/3  -            -     -        -",
    "etcd/2  follower     -     -        -",
    "etcd/1  away         -     -        -",
  ]);
  expect(panelOf(screen.draw("5"), "5 nodes")).toEqual([
    "node        state    cpu memory starts",
    "etcd/1      exited   25%   50MB      1",
    "proxy/1     -          -      -      1",
    "etcd/3      up      123%  101MB      1",
    "etcd/2      up      123%  101MB      1",
    "gateway/1   up      123%  101MB      1",
    "+3 more (Enter zooms)",
  ]);
  expect(panelOf(screen.draw(), "6 events")).toEqual([
    " 8.1s mobile armed on 2 targets",
    " 8.2s fault mobile injected",
    " 9.0s fired sessions.dig.p99 < 80ms",
    "10.1s fault kill-1 armed on etcd/1",
    "10.2s fault kill-1 injected",
    "10.2s etcd/1 exited",
    "",
  ]);
  const wide = screen.draw("2z").join("\n");
  expect(wide).toContain("sessions.dig  137/s of 140/s  drop 12 fail 0 unk 24");
  expect(wide).toContain("sessions.read 25/s of 25/s  drop 0 fail 0 unk 0");
});

test("the log shows level, message and facts of what is JSON, and anything else as it is", async () => {
  const at = (second: number) => new Date(Date.parse(run.startedAt) + second * 1000).toISOString();
  const json = (fields: object) => `${JSON.stringify(fields)}\n`;
  const etcd = [
    {
      level: "info",
      ts: at(3.2),
      caller: "etcdserver/server.go:1",
      msg: "started",
      "raft-term": 2,
    },
    {
      ...{ level: "warn", ts: at(6), caller: "a.go:2", msg: "failed to reach the peer URL" },
      ...{ address: "http://127.0.0.1:1/version", "remote-member-id": "77", error: "refused" },
    },
  ];
  const proxy = { level: "info", name: links[0], time: at(4), message: "Started proxy" };
  await using screen = await screenAt(9, run, {
    "etcd-1.log": etcd.map(json).join(""),
    "etcd-2.log": `${json({ at: at(5), level: "info", event: "owner-changed", partition: 1 })}panic: oh no\n`,
    "etcd-3.log": json(proxy),
  });
  const [, ...log] = screen.draw("z/").filter((line) => line.startsWith("#"));
  expect(log.slice(0, 8).map((line) => line.slice(1, -1).trimEnd())).toEqual([
    "      - etcd/2 panic: oh no",
    "   3.2s etcd/1 info started raft-term=2",
    "   4.0s etcd/3 info Started proxy k6/1->gateway/1:grpc",
    "   5.0s etcd/2 info owner-changed partition=1",
    "   6.0s etcd/1 warn failed to reach the peer URL error=refused",
    "   8.1s hunt   fault mobile armed on k6/1->gateway/1:grpc, k6/1->gateway/2:g..",
    "   8.2s hunt   fault mobile injected",
    "   9.0s hunt   alert fired: sessions.dig.p99 < 80ms @steady (123.4)",
  ]);
});

test("the help has every key with the command that does the same, within 80x24", async () => {
  await using screen = await screenAt(9);
  const help = screen
    .draw("?")
    .slice(6, -2)
    .map((line) => line.slice(2, -1).trimEnd());
  expect(help.slice(0, 12)).toEqual([
    "key             what                           same as (-: no such command)",
    "1-9, Tab        focus a panel                  -",
    "Enter, z, Esc   zoom it, and back              hunt report RUN --format html",
    "Space, e        hold the view; newest second   -",
    "< > arrows, + - move and zoom in time          hunt report RUN --format html",
    "/               filter the log (Esc clears)    grep -i TEXT RUN/logs/*.log",
    "y               copy the panel (OSC 52)        hunt report RUN, of the run",
    "m               a note on the timeline         -",
    "f               break something; dry run first hunt bench --fault '...'",
    "h               heal all faults                -",
    "q, Ctrl-C       leave; the run goes on         -",
    "RUN: reports/run",
  ]);
  expect(help.join("\n")).toContain("Shaded: a fault, or a node away.");
  expect(help.filter((each) => each.length > 76)).toEqual([]);
});

test("a filter that was kept is told as the command that does the same", async () => {
  await using screen = await screenAt(9);
  screen.draw("/owner's");
  const pressed = screen.press({ kind: "enter" });
  expect(pressed.at(-1)?.trimEnd()).toBe("same as: grep -i 'owner'\\''s' reports/run/logs/*.log");
});
