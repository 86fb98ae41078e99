import { expect, test } from "vitest";
import {
  recordFixture,
  sampleRun,
  writeQuietSecond,
} from "../../../../test/fixtures/synthetic-recording.ts";
import { openRecording } from "../../../recording/recording-reader.ts";
import { summarise } from "../../../verdict/summarise.ts";
import type { Summary } from "../../../verdict/summary-document.ts";
import { textCharts } from "./text-charts.ts";
import { asciiGlyphs } from "./text-plot.ts";

type Fault = Summary["faults"][number];

test("faults stand below the seconds that they struck, overlapping ones in rows of their own", async () => {
  await using fixture = await recordFixture(sampleRun, (writer) => {
    for (let second = 0; second < 20; second += 1) {
      writeQuietSecond(writer, second, second < 10 ? 4000 : 40_000);
      const counted = { t: second + 0.5, series: "node.gateway/1.operationsDuplicate" };
      writer.sample(counted.t, counted.series, second < 10 ? 0 : 5 * (second - 9));
    }
    writer.event({ t: 12, kind: "leader", cluster: "etcd", node: "etcd/2", term: 3 });
  });
  const reader = await openRecording(fixture.folder.path);
  const summary = await summarise(reader, async () => []);
  const fault = (id: string, injectedAtS: number | null, healedAtS: number | null) =>
    ({ id, injectedAtS, healedAtS }) as Fault;
  const faults = [fault("links", 8, 12), fault("leader", 10, 14), fault("never", null, null)];
  const text = textCharts(reader, { ...summary, faults }, asciiGlyphs);
  const lines = text.split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(text).toMatchInlineSnapshot(`
    "Run 20260101-120000-smoke-0000, second by second

    sessions.dig: response p99, ms
          40|                              /_____________________________
        27.3|                              |
        18.6|                              |
        12.7|                              |
        8.62|                              |
        5.87|                              |
           4|______________________________/
                                     a===========
                                           b===========
                                                 ^
             0              5              10             15 s

    sessions.read: response p99, ms
        1.58|
        1.47|
        1.36|
        1.26|
        1.17|
        1.08|
           1|____________________________________________________________
                                     a===========
                                           b===========
                                                 ^
             0              5              10             15 s

    sessions: raft commit p99, ms
        4.76|
         4.4|
        4.08|
        3.78|
         3.5|
        3.24|
           3|____________________________________________________________
                                     a===========
                                           b===========
                                                 ^
             0              5              10             15 s

    Duplicates: sent again, answered, not applied again, 1/s
           5|                              /_____________________________
        4.17|                              |
        3.33|                              |
         2.5|                              |
        1.67|                              |
       0.833|                              |
           0|   ___________________________/
                                     a===========
                                           b===========
                                                 ^
             0              5              10             15 s

      a links, 8.0 to 12.0 s
      b leader, 10.0 to 14.0 s
      ^ etcd/2 leads from 12.0 s

    "
  `);
});
