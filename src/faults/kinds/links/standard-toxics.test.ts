import { expect, test } from "vitest";
import { limitData } from "./limit-data.ts";
import { refuse } from "./refuse.ts";
import { reset } from "./reset.ts";
import { slowClose } from "./slow-close.ts";

test("what each of the faults takes after with is accepted as it is documented", () => {
  const taken = [
    [reset, undefined],
    [reset, "after=50ms"],
    [slowClose, undefined],
    [slowClose, "delay=1.5s"],
    [limitData, "bytes=64KB"],
    [limitData, "direction=from,bytes=1MB"],
  ] as const;
  for (const [kind, text] of taken) expect(kind.settings?.(text)).toBeUndefined();
  for (const kind of [reset, slowClose, limitData]) {
    for (const preset of kind.presets ?? []) expect(kind.settings?.(preset)).toBeUndefined();
  }
  expect(refuse.settings).toBeUndefined();
});

test("anything else is refused, with what was expected", () => {
  const wrong = [
    [reset, "after=2s", "at most 1s"],
    [reset, "affter=50ms", "Did you mean 'after'"],
    [slowClose, "delay=1ms", "at least 50ms"],
    [slowClose, "delay=31s", "at most 30s"],
    [slowClose, "delay=1s,delay=2s", "given twice"],
    [slowClose, "delay", 'got ""'],
    [limitData, undefined, "bytes=64KB"],
    [limitData, "direction=from", "bytes=64KB"],
    [limitData, "bytes=0B", "expected bytes=VALUE"],
    [limitData, "bytes=64", "expected bytes=VALUE"],
    [limitData, "bytes=1KB,direction=up", "direction=to, from or both"],
    [limitData, "bytes=1KB,direction=to,direction=from", "given twice"],
  ] as const;
  for (const [kind, text, why] of wrong) expect(kind.settings?.(text)).toContain(why);
});

test("what lets nothing through is counted by the guard of quorums", () => {
  expect([reset, refuse].map(({ cuts }) => cuts)).toEqual([true, true]);
});
