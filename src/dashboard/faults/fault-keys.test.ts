import { expect, test } from "vitest";
import {
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../test/fixtures/synthetic-recording.ts";
import { RecordingFeed } from "../model/recording-feed.ts";
import type { Key } from "../screen/view-state.ts";
import { WatchClock } from "../screen/watch-clock.ts";
import { WatchScreen } from "../screen/watch-screen.ts";
import type { FaultAnswer, FaultMenuEntry, FaultQuestion } from "./fault-desk.ts";

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const faults: readonly FaultMenuEntry[] = [
  {
    kind: "kill",
    description: "SIGKILL; the node stays dead, and is started again on its ports with its data",
    targets: ["etcd/leader", "etcd/1", "gateway/1"],
    settings: [],
    lengths: ["3s", "10s"],
  },
  {
    kind: "restart",
    description: "stop and start",
    targets: ["etcd/1"],
    settings: [],
    lengths: [],
  },
  {
    kind: "degrade",
    description: "delay, jitter, modelled loss or little bandwidth on a link",
    targets: ["link:player->gateway"],
    settings: ["jitter=120ms,loss=3%", "profile=mobile-4g"],
    lengths: ["3s"],
  },
];
const dryRun: FaultAnswer = {
  kind: "dry-run",
  lines: [
    { label: "acts on", text: "etcd/2" },
    { label: "undone by", text: "start it again, at 17.3 s of the run or when the load ends" },
  ],
  sameAs: "hunt bench --fault 'kill etcd/leader at 14.3s for 10s'",
};

/** A screen whose questions are answered by `answers`, the kinds of questions being its keys. */
async function asked(answers: Partial<Record<FaultQuestion["kind"], FaultAnswer>>) {
  const recorded = await recordFixture(sampleRun, (writer) => writeQuietSecond(writer, 0));
  const feed = await RecordingFeed.open(recorded.folder.path, () => [], clock);
  await feed.poll(10_000);
  const questions: FaultQuestion[] = [];
  const screen = new WatchScreen({
    model: feed.model,
    clock: new WatchClock(undefined),
    look: { colour: false, unicode: false },
    panels: [],
    onQuit: () => {},
    faults: async (question) => {
      questions.push(question);
      return answers[question.kind] ?? { kind: "refused", why: "nobody answers" };
    },
    commands: {
      folder: "reports/run",
      runId: sampleRun.runId,
      inject: null,
      heal: null,
      quit: { does: "leave", command: null },
    },
  });
  const press = async (...keys: readonly (string | Key["kind"])[]) => {
    for (const key of keys) {
      const named = key === "enter" || key === "escape" || key === "left" || key === "down";
      screen.press(named ? { kind: key } : { kind: "text", text: key });
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return screen.draw(80, 24);
  };
  const paste = (text: string) => {
    screen.press({ kind: "paste", text });
    return screen.draw(80, 24);
  };
  return { press, paste, questions, [Symbol.asyncDispose]: () => recorded[Symbol.asyncDispose]() };
}

const menu: FaultAnswer = { kind: "menu", faults };
const done: FaultAnswer = {
  kind: "done",
  text: "fault by-hand-1: kill on etcd/2",
  sameAs: "hunt x",
};

test("f leads from the kind over target and length to a dry run, and only a yes injects", async () => {
  await using screen = await asked({ menu, "dry-run": dryRun, inject: done });
  const kinds = await screen.press("f");
  expect(kinds.slice(5, 10)).toEqual([
    "#= fault ======================================================================#",
    `# ${"What is to break?".padEnd(77)}#`,
    "# > kill     SIGKILL; the node stays dead, and is started again on its...      #",
    `#   ${"restart  stop and start".padEnd(75)}#`,
    `#   ${"degrade  delay, jitter, modelled loss or little bandwidth on a link".padEnd(75)}#`,
  ]);
  expect((await screen.press("enter")).join("\n")).toContain("What does it act on?  kill ...");
  await screen.press("enter", "down");
  const shown = await screen.press("enter");
  expect(screen.questions.at(-1)).toEqual({
    kind: "dry-run",
    expression: "kill etcd/leader for 10s",
  });
  expect(shown.slice(6, 14).map((line) => line.slice(2, -1).trimEnd())).toEqual([
    "kill etcd/leader for 10s",
    "",
    "acts on    etcd/2",
    "undone by  start it again, at 17.3 s of the run or when the load ends",
    "           same as: hunt bench --fault 'kill etcd/leader at 14.3s for 10s'",
    "",
    "Do it?  y or Enter: yes    Esc: no",
    "",
  ]);
  const after = await screen.press("y");
  expect(screen.questions.at(-1)?.kind).toBe("inject");
  expect(after.at(-1)).toContain("fault by-hand-1: kill on etcd/2; same as: hunt x");
  expect(after.join("\n")).toContain("players and load");
});

test("Esc drops a dry run; another key does nothing", async () => {
  await using screen = await asked({ menu, "dry-run": dryRun });
  await screen.press("f", "enter", "enter", "enter", "x", "escape");
  expect(screen.questions.map(({ kind }) => kind)).toEqual(["menu", "dry-run"]);
  expect((await screen.press("f")).join("\n")).toContain("What is to break?");
});

test("a kind with settings asks for them; one that is over by itself asks for no time", async () => {
  await using screen = await asked({ menu, "dry-run": dryRun });
  await screen.press("f", "down", "enter", "enter");
  expect(screen.questions.at(-1)).toMatchObject({ expression: "restart etcd/1" });
  await screen.press("escape", "f", "down", "down", "enter", "enter", "down", "enter", "enter");
  expect(screen.questions.at(-1)).toMatchObject({
    expression: "degrade link:player->gateway with profile=mobile-4g for 3s",
  });
});

test("a refusal is told in words, and leads back to the choice", async () => {
  const why = "it would leave 1 of 3 etcd members, and 2 are needed to commit";
  await using screen = await asked({ menu, "dry-run": { kind: "refused", why } });
  const shown = await screen.press("f", "enter", "enter", "enter");
  expect(shown.join("\n")).toContain(why);
  expect((await screen.press("y")).join("\n")).toContain(why);
  expect((await screen.press("left")).join("\n")).toContain("For how long?  kill etcd/leader ...");
});

test("h shows what it would heal and asks; with nothing injected it says so", async () => {
  const entries = { label: "by-hand-1", text: "kill etcd/2 for 3s, on etcd/2; start it again" };
  const healing: FaultAnswer = { kind: "done", text: "healing by-hand-1", sameAs: null };
  await using screen = await asked({
    "heal-dry-run": { kind: "dry-run", lines: [entries], sameAs: null },
    heal: healing,
  });
  const shown = (await screen.press("h")).join("\n");
  expect(shown).toContain("heal all faults");
  expect(shown).toContain("by-hand-1  kill etcd/2 for 3s, on etcd/2; start it again");
  expect(shown).toContain("no command does the same");
  expect((await screen.press("enter")).at(-1)).toContain("healing by-hand-1");
  await using idle = await asked({
    "heal-dry-run": { kind: "refused", why: "no fault is injected" },
  });
  expect((await idle.press("h")).at(-1)).toContain("no fault is injected");
});

test("the list of targets moves under the choice where it is longer than the terminal", async () => {
  const targets = Array.from({ length: 40 }, (_, index) => `node/${index}`);
  const [kill] = faults;
  const long: FaultAnswer = {
    kind: "menu",
    faults: kill === undefined ? [] : [{ ...kill, targets }],
  };
  await using screen = await asked({ menu: long });
  const down = Array.from({ length: 30 }, () => "down");
  const shown = (await screen.press("f", "enter", ...down)).join("\n");
  expect(shown).toContain("> node/30");
  expect(shown).toContain("31 of 40");
  expect(shown).not.toContain("node/1 ");
});

test("what is pasted is text where somebody types, and keys elsewhere", async () => {
  await using screen = await asked({});
  await screen.press("/");
  expect(screen.paste("raft:\nslow\n").join("\n")).toContain("raft: slow");
  await screen.press("escape");
  expect(screen.paste("?").join("\n")).toContain("filter the log");
});
