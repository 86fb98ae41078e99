import { expect, test } from "vitest";
import { replayCommand } from "./replay-command.ts";

test("a run of a series is played again with what shaped it, and nothing that its design would refuse", () => {
  const flags = { design: "naive,delta,log", rate: "1000", foldTail: "1MiB", sessionTtl: "2m" };
  expect(replayCommand(flags, { sessions: "log" }, 7)).toBe(
    "hunt bench --rate 1000 --fold-tail 1MiB --session-ttl 2m --design log --seed 7",
  );
  expect(replayCommand(flags, { sessions: "delta" }, 7)).toBe(
    "hunt bench --rate 1000 --design delta --seed 7",
  );
});
