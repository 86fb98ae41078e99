import { expect, test } from "vitest";
import type { Companion } from "../../lanes/companion.ts";
import { Companions } from "./companions.ts";

function told(name: string, said: string[], failing?: "start" | "stop"): Companion {
  const say = (what: string) => {
    said.push(`${name} ${what}`);
    if (what === failing) throw new Error(`${name} can't ${what}`);
  };
  return {
    start: () => say("start"),
    begin: (startMs) => say(`begin ${startMs}`),
    drain: async (isFinished) => say(`drain ${isFinished}`),
    stop: async () => say("stop"),
  };
}

test("companions start, begin and drain in their order, and stop in the reverse", async () => {
  const said: string[] = [];
  const companions = new Companions([told("a", said), {}, told("b", said)]);
  await companions.start();
  companions.begin(7);
  await companions.drain(true);
  await companions.stop();
  expect(said).toEqual([
    ...["a start", "b start", "a begin 7", "b begin 7"],
    ...["a drain true", "b drain true", "b stop", "a stop"],
  ]);
});

test("one that does not start keeps the next one from it, and all are stopped", async () => {
  const said: string[] = [];
  const companions = new Companions([told("a", said, "start"), told("b", said)]);
  await expect(companions.start()).rejects.toThrow("a can't start");
  await companions.stop();
  expect(said).toEqual(["a start", "b stop", "a stop"]);
});

test("one that does not stop is told after the others were stopped", async () => {
  const said: string[] = [];
  const companions = new Companions([told("a", said), told("b", said, "stop")]);
  await expect(companions.stop()).rejects.toThrow("b can't stop");
  expect(said).toEqual(["b stop", "a stop"]);
});

test("nodes that come and go are told from those whose end is news", () => {
  const nodes = [{ id: "warm/1" }, { id: "auditor/1", endedEarly: "ended before the log did" }];
  const companions = new Companions([{ nodes }, {}]);
  expect(companions.nodes).toEqual(nodes);
  expect(companions.passing).toEqual(new Set(["warm/1"]));
});
