import { expect, test, vi } from "vitest";
import { Rehearsal } from "./rehearsal.ts";

function rehearse({ boundS = 60, afterS = 0 } = {}) {
  const acts: string[] = [];
  const said: string[] = [];
  let type: (line: string) => void = () => {};
  let reading = true;
  const rehearsal = new Rehearsal(
    {
      blind: false,
      boundS,
      afterS,
      onLine(listener) {
        type = listener;
        return () => {
          reading = false;
        };
      },
    },
    { tell: (line) => said.push(line), record: (act) => acts.push(act) },
  );
  return { rehearsal, acts, said, type: (line: string) => type(line), reads: () => reading };
}

test("what is typed is written down once, and only after something broke", () => {
  const { rehearsal, acts, said, type } = rehearse();
  type("ack");
  type("heal");
  expect(acts).toEqual([]);
  rehearsal.broke();
  type(" ack ");
  type("ack");
  type("what now");
  expect(acts).toEqual(["ack"]);
  expect(said.at(-1)).toContain("heal: I give up");
  rehearsal.end();
});

test("who types heal has given up", () => {
  const { rehearsal, acts, type } = rehearse();
  rehearsal.broke();
  type("heal");
  type("heal");
  expect(acts).toEqual(["heal"]);
  expect(rehearsal.gaveUp.aborted).toBe(true);
  rehearsal.end();
});

test("who takes longer than the bound is not waited for", async () => {
  const { rehearsal, acts } = rehearse({ boundS: 0.02 });
  rehearsal.broke();
  await vi.waitFor(() => expect(rehearsal.gaveUp.aborted).toBe(true));
  expect(acts).toEqual(["time-over"]);
  rehearsal.end();
});

test("the load may end when the last of several faults is mended, and the terminal is let go", async () => {
  const { rehearsal, reads } = rehearse();
  rehearsal.broke();
  rehearsal.broke();
  await rehearsal.mended();
  expect(rehearsal.over.aborted).toBe(false);
  await rehearsal.mended();
  expect(rehearsal.over.aborted).toBe(true);
  expect(reads()).toBe(false);
});
