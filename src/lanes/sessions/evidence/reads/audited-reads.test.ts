import { describe, expect, test } from "vitest";
import { checkRecording } from "../../../../../test/fixtures/check-recording.ts";
import { LedgerBuilder } from "../../../../../test/fixtures/ledger-builder.ts";
import {
  recordFixture,
  sampleRun,
  sampleRunWith,
} from "../../../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../../../recording/recording-reader.ts";
import type { RunDocument } from "../../../../recording/run-document.ts";
import type { TimelineEvent } from "../../../../recording/timeline/events.ts";

const explained = "audited-reads-are-explained";
const s = 1_000_000;
const everybody = { twoDeviceShare: 1, auditedShare: 1 };

async function check(
  ledger: Buffer,
  events: readonly TimelineEvent[] = [],
  run: Partial<RunDocument> = {},
) {
  const audited = { ...sampleRun, scenario: { name: "smoke", plan: everybody }, ...run };
  await using fixture = await recordFixture(
    audited,
    (writer) => {
      for (const event of events) writer.event(event);
    },
    { ledger },
  );
  const results = await checkRecording(await openRecording(fixture.folder.path));
  return results.find(({ id }) => id === explained);
}

/** A player that opened and dug: acknowledged revision 1 at 1 s, 2 at 2 s, 3 at 3 s on its second device. */
function player(): LedgerBuilder {
  const [opening, first, second] = [
    { player: 7, sequence: 1 },
    { player: 7, sequence: 2 },
    { player: 7, sequence: 1, device: 2 },
  ] as const;
  return new LedgerBuilder()
    .at(1 * s)
    .attempt(opening)
    .outcome(opening, "ok", 1)
    .at(2 * s)
    .attempt(first)
    .outcome(first, "ok", 2)
    .at(3 * s)
    .attempt(second)
    .outcome(second, "ok", 3);
}

const [first, second] = [
  { player: 7, number: 1 },
  { player: 7, number: 2 },
] as const;
const onOther = { player: 7, number: 1, device: 2 };

function fault(t: number, state: "armed" | "injected" | "recovered"): TimelineEvent {
  return { t, kind: "fault", fault: "pause-1", state, resolvedTo: ["proxy/1"] };
}

type History = readonly [string, () => LedgerBuilder];

const right: readonly History[] = [
  ["shows everything at once", () => player().readSent(first, 3).readDone(first, 3)],
  [
    "does not show yet what was acknowledged less than a second ago",
    () =>
      player()
        .at(3.5 * s)
        .readSent(first, 1)
        .readDone(first, 2),
  ],
  [
    "is overtaken by the other device while it is under way",
    () =>
      player()
        .at(9 * s)
        .readSent(first, 3)
        .attempt({ player: 7, sequence: 2, device: 2 })
        .outcome({ player: 7, sequence: 2, device: 2 }, "ok", 4)
        .at(11 * s)
        .readDone(first, 3),
  ],
  [
    "returns less than one of the other device that was answered while it was under way",
    () =>
      player()
        .readSent(first)
        .readSent(onOther)
        .readDone(onOther, 3)
        .at(3.2 * s)
        .readDone(first, 2),
  ],
  [
    "shows an operation that has no answer yet",
    () =>
      player()
        .attempt({ player: 7, sequence: 3 })
        .readSent(first)
        .readDone(first, 4)
        .outcome({ player: 7, sequence: 3 }, "unknown"),
  ],
  [
    "shows an operation that was sent after it",
    () => player().readSent(first).attempt({ player: 7, sequence: 3 }).readDone(first, 4),
  ],
  [
    "failed, and says nothing",
    () =>
      player()
        .at(9 * s)
        .readSent(first, 3)
        .readDone(first, 0, "fail")
        .readSent(second, 3)
        .readDone(second, 3),
  ],
];

const wrong: readonly (readonly [...History, RegExp])[] = [
  [
    "goes back behind the one before it",
    () => player().readSent(first).readDone(first, 3).readSent(second).readDone(second, 2),
    /^Player 7 \(session s-000000007, device 1\) read at 3\.\d+ s and got revision 2; an earlier read of the player had returned revision 3, with no fault on\.$/,
  ],
  [
    "goes back behind one of the other device",
    () => player().readSent(onOther).readDone(onOther, 3).readSent(first).readDone(first, 2),
    /device 1\) read .* an earlier read of the player had returned revision 3/,
  ],
  [
    "returns less than it asked for",
    () => player().readSent(onOther, 3).readDone(onOther, 2),
    /device 2\) read .* got revision 2; the read asked for at least revision 3/,
  ],
  [
    "misses what was acknowledged a second ago",
    () =>
      player()
        .at(3.2 * s)
        .readSent(first, 1)
        .readDone(first, 1),
    /read at 3\.200 s and got revision 1; the player was acknowledged revision 2 at 2\.000 s/,
  ],
  [
    "misses what the other device was acknowledged a second ago",
    () =>
      player()
        .at(4.2 * s)
        .readSent(first, 1)
        .readDone(first, 2),
    /got revision 2; the player was acknowledged revision 3 at 3\.000 s/,
  ],
  [
    "shows more than was sent",
    () => player().readSent(first).readDone(first, 4),
    /got revision 4; what its player had sent by then makes at most revision 3/,
  ],
  [
    "shows a refused operation",
    () =>
      player()
        .attempt({ player: 7, sequence: 3 })
        .outcome({ player: 7, sequence: 3 }, "fail")
        .readSent(first)
        .readDone(first, 4),
    /at most revision 3/,
  ],
];

describe("a ledger with the reads of audited players", () => {
  test.each(right)("is explained when a read %s", async (_, history) => {
    const result = await check(history().closed());
    expect(result).toMatchObject({
      outcome: "held",
      violations: 0,
      of: "reads of 1 audited players",
    });
    expect(result?.checked).toBeGreaterThan(0);
  });

  test.each(wrong)("is broken when a read %s", async (_, history, story) => {
    const result = await check(history().closed());
    expect(result).toMatchObject({ outcome: "broken", violations: 1 });
    expect(result?.example).toMatch(story);
  });

  test("may have late reads while a fault is on, and no others", async () => {
    const late = () =>
      player()
        .at(9.2 * s)
        .readSent(first, 1)
        .readDone(first, 1)
        .closed();
    const faulty = [fault(8, "armed"), fault(8.5, "injected")];
    expect(await check(late(), faulty)).toMatchObject({ outcome: "held", checked: 1 });
    const before = [fault(1, "armed"), fault(1.5, "injected"), fault(2, "recovered")];
    expect(await check(late(), before)).toMatchObject({ outcome: "broken", violations: 1 });
    const back = player().readSent(first).readDone(first, 3).readSent(second).readDone(second, 2);
    expect(await check(back.closed(), [fault(1, "injected")])).toMatchObject({ outcome: "broken" });
  });

  test("allows for the closing of a session that idled for as long as the run lasted", async () => {
    const ahead = player().readSent(first).readDone(first, 4).closed();
    const closing = (sessionTtlS: number) => {
      const { lanes } = sampleRunWith({ settings: { sessionTtlS } });
      return check(ahead, [], { lanes });
    };
    expect(await closing(5)).toMatchObject({ outcome: "held" });
    expect(await closing(21)).toMatchObject({ outcome: "broken" });
  });

  test("says nothing where there are no reads, as in a ledger of version 1", async () => {
    expect(await check(player().closed())).toBeUndefined();
    expect(await check(new LedgerBuilder(1).digs(7, 1, 3).closed())).toBeUndefined();
  });
});

describe("what is not known of audited reads is unknown", () => {
  const whole = () => player().readSent(first, 3).readDone(first, 3);

  test("without the end of the ledger, unless one is certainly wrong", async () => {
    expect(await check(whole().partial())).toMatchObject({ outcome: "unknown", checked: 1 });
    const ahead = player().readSent(first).readDone(first, 4).partial();
    expect(await check(ahead)).toMatchObject({ outcome: "unknown", violations: 0 });
    const back = whole().readSent(second).readDone(second, 2).partial();
    expect(await check(back)).toMatchObject({ outcome: "broken", violations: 1 });
  });

  test("when no read was answered", async () => {
    const result = await check(player().readSent(first).closed());
    expect(result).toMatchObject({ outcome: "unknown", checked: 0 });
    expect(result?.note).toContain("no read of an audited player was answered");
  });

  test("when an answer fits no read, or the run does not say that the player is audited", async () => {
    const strange = await check(whole().readDone(second, 3).closed());
    expect(strange).toMatchObject({ outcome: "unknown" });
    expect(strange?.note).toContain("contradicts itself on 1 reads");
    const nobody = { scenario: { name: "smoke", plan: { twoDeviceShare: 0, auditedShare: 0 } } };
    expect(await check(whole().closed(), [], nobody)).toMatchObject({ outcome: "unknown" });
    expect(await check(whole().closed(), [], { scenario: {} })).toMatchObject({
      outcome: "unknown",
    });
  });
});
