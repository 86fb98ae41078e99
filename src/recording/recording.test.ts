import { appendFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HistogramLogReader } from "hdr-histogram-js";
import { describe, expect, test } from "vitest";
import { counts, hdr, recordFixture, sampleRun } from "../../test/fixtures/synthetic-recording.ts";
import type { HuntError } from "../hunt-error.ts";
import { openRecording } from "./recording-reader.ts";
import { RecordingWriter } from "./recording-writer.ts";
import { createRunFolder, newRunId, runFile } from "./run-folder.ts";

describe("a recording that was written and read again", () => {
  test("merges the histograms of any seconds exactly, late lines included", async () => {
    await using fixture = await recordFixture(sampleRun, (writer) => {
      writer.histogram("sessions.dig.response", 5, hdr(1000, 990));
      writer.histogram("sessions.dig.response", 6, hdr(5000, 500));
      // Answers to actions of second 5 that came two seconds late.
      writer.histogram("sessions.dig.response", 5, hdr(2_000_000, 10));
    });
    const reader = await openRecording(fixture.folder.path);
    const fifth = reader.histogram(["sessions.dig.response"], [{ startS: 5, endS: 6 }]);
    expect(fifth.figures()).toMatchObject({ p50: 1, p99: 1, count: 1000 });
    expect(fifth.percentile("p999")).toBeCloseTo(2000, -1);
    const both = reader.histogram(["sessions.dig.response"], [{ startS: 5, endS: 7 }]);
    expect(both.count).toBe(1500);
    const neither = reader.histogram(["sessions.dig.response"], [{ startS: 7, endS: 9 }]);
    expect(neither.figures()).toMatchObject({ p99: null, max: null, count: 0 });
  });

  test("adds up counts of one second and keeps samples apart", async () => {
    await using fixture = await recordFixture(sampleRun, (writer) => {
      writer.counts(5, "sessions.dig", counts(100, { ok: 90 }));
      writer.counts(5, "sessions.dig", { ...counts(0), ok: 8, unknown: 2 });
      writer.sample(5, "generator.queue", 0.1);
      writer.sample(6, "generator.queue", Number.NaN);
    });
    const { timeline, problems } = await openRecording(fixture.folder.path);
    const second = [{ startS: 5, endS: 6 }];
    expect(timeline.counts("sessions.dig", second)).toMatchObject({
      intended: 100,
      ok: 98,
      unknown: 2,
    });
    expect([...timeline.samples("generator.queue")]).toEqual([{ t: 5, value: 0.1 }]);
    expect(problems).toEqual([]);
  });

  test("writes latency.hlog so that other HdrHistogram tools can read it", async () => {
    await using fixture = await recordFixture(sampleRun, (writer) => {
      writer.histogram("sessions.dig.response", 12, hdr(4000, 7));
    });
    const log = new HistogramLogReader(await readFile(runFile(fixture.folder, "latency"), "utf8"));
    const histogram = log.nextIntervalHistogram();
    expect(histogram).toMatchObject({ tag: "sessions.dig.response", totalCount: 7 });
    expect(log.nextIntervalHistogram()).toBeFalsy();
  });

  test("says of each note whose it is: hunt's own, where nobody else is named", async () => {
    await using fixture = await recordFixture(sampleRun, (writer) => {
      writer.event({ t: 1, kind: "note", text: "figures again" });
      writer.event({ t: 2, kind: "note", by: "operator", text: "pager fired" });
    });
    const { timeline } = await openRecording(fixture.folder.path);
    expect(timeline.events).toMatchObject([{ by: "hunt" }, { by: "operator" }]);
  });

  test("refuses to record what cannot be read again", async () => {
    await using _ = await recordFixture(sampleRun, (writer) => {
      expect(() => writer.histogram("sessions.dig.response", 1, "bm90IG9uZQ==")).toThrow();
    });
  });

  test("leaves no half-written document beside run.json", async () => {
    await using fixture = await recordFixture(sampleRun, () => {});
    expect(await readdir(fixture.folder.path)).not.toContain("run.json.part");
  });
});

describe("a recording that was cut off", () => {
  test("is read without its last line, and says so", async () => {
    await using fixture = await recordFixture(sampleRun, (writer) => {
      writer.counts(5, "sessions.dig", counts(100));
      writer.histogram("sessions.dig.response", 5, hdr(1000, 100));
    });
    await appendFile(runFile(fixture.folder, "timeline"), '{"t":6,"kind":"sam');
    await appendFile(runFile(fixture.folder, "latency"), "Tag=sessions.dig.response,6.000,1.0");
    const reader = await openRecording(fixture.folder.path);
    expect(reader.problems).toEqual([
      "timeline.ndjson: the last line is cut off and was left out.",
      "latency.hlog: the last line is cut off and was left out.",
    ]);
    expect(reader.timeline.counts("sessions.dig", [{ startS: 0, endS: 20 }]).ok).toBe(100);
  });

  test("names a line in the middle that is no event, and reads on", async () => {
    await using fixture = await recordFixture(sampleRun, () => {});
    await writeFile(
      runFile(fixture.folder, "timeline"),
      '{"t":1,"kind":"note","text":"a"}\n{"t":2}\n{"t":3,"kind":"note","text":"b"}\n',
    );
    const reader = await openRecording(fixture.folder.path);
    expect(reader.timeline.events).toHaveLength(2);
    expect(reader.problems[0]).toContain("timeline.ndjson: line 2 was left out");
  });

  test("names a histogram that cannot be decoded, and merges the others", async () => {
    await using fixture = await recordFixture(sampleRun, (writer) => {
      writer.histogram("sessions.dig.response", 5, hdr(1000, 100));
    });
    const broken = `Tag=sessions.dig.response,6.000,1.000,1.000,${hdr(1000, 9).slice(0, 40)}\n`;
    await appendFile(runFile(fixture.folder, "latency"), broken);
    const reader = await openRecording(fixture.folder.path);
    expect(reader.problems[0]).toContain("latency.hlog: line 5 was left out");
    const window = [{ startS: 0, endS: 20 }];
    expect(reader.histogram(["sessions.dig.response"], window).count).toBe(100);
  });

  test("without a timeline or histograms is still opened", async () => {
    await using fixture = await recordFixture(sampleRun, () => {});
    await rm(runFile(fixture.folder, "timeline"));
    await rm(runFile(fixture.folder, "latency"));
    const reader = await openRecording(fixture.folder.path);
    expect(reader.problems).toEqual(["timeline.ndjson is missing.", "latency.hlog is missing."]);
  });
});

describe("a folder that is no recording of this hunt", () => {
  test("is refused with exit code 2 when a newer hunt wrote it", async () => {
    await using fixture = await recordFixture(sampleRun, () => {});
    const newer = JSON.stringify({ ...sampleRun, schemaVersion: 3, added: true });
    await writeFile(runFile(fixture.folder, "run"), newer);
    await expect(openRecording(fixture.folder.path)).rejects.toMatchObject({
      code: "recording.newer-version",
      exitCode: 2,
      message: expect.stringContaining("was made by a newer hunt (schema 3, this one reads 2)"),
    });
  });

  test.each([
    ["has no run.json", undefined],
    ["has a run.json that is no JSON", "{"],
    ["has a run.json without a seed", JSON.stringify({ ...sampleRun, seed: undefined })],
  ])("is inconclusive when it %s but other files of a run", async (_, content) => {
    await using fixture = await recordFixture(sampleRun, () => {});
    const file = runFile(fixture.folder, "run");
    if (content === undefined) await rm(file);
    else await writeFile(file, content);
    const opened = openRecording(fixture.folder.path);
    await expect(opened).rejects.toMatchObject({ code: "recording.damaged", exitCode: 4 });
  });

  test("is refused with exit code 2 when it holds no file of a run", async () => {
    await using fixture = await recordFixture(sampleRun, () => {});
    const opened = openRecording(fixture.folder.logsDir);
    await expect(opened).rejects.toMatchObject({ code: "recording.not-a-run", exitCode: 2 });
  });
});

describe("writing", () => {
  test("reports a full disk once, through the callback, and goes on without throwing", async () => {
    const reports = await mkdtemp(join(tmpdir(), "hunt-recording-"));
    const folder = await createRunFolder(reports, "full", []);
    await symlink("/dev/full", runFile(folder, "timeline"));
    const errors: HuntError[] = [];
    const reported = Promise.withResolvers<void>();
    const writer = new RecordingWriter({
      folder,
      onWriteError: (error) => {
        errors.push(error);
        reported.resolve();
      },
    });
    writer.event({ t: 0, kind: "note", text: "does not fit" });
    await reported.promise;
    writer.event({ t: 1, kind: "note", text: "is dropped" });
    await writer.close();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: "recording.disk-full", exitCode: 4 });
    expect(writer.failed).toBe(true);
    await rm(reports, { recursive: true });
  });

  test("fails with exit code 3 where the reports folder cannot be made", async () => {
    const reports = await mkdtemp(join(tmpdir(), "hunt-recording-"));
    const file = join(reports, "a-file");
    await writeFile(file, "");
    await expect(createRunFolder(file, "run", [])).rejects.toMatchObject({
      code: "recording.not-writable",
      exitCode: 3,
    });
    await rm(reports, { recursive: true });
  });

  test("names runs so that they sort by time", () => {
    const id = newRunId("Starlight Rush", new Date("2026-03-04T05:06:07.890Z"), 0.5);
    expect(id).toMatch(/^20260304-050607-starlight-rush-[0-9a-z]{4}$/);
    const later = newRunId("a", new Date("2026-03-04T05:06:08Z"), 0);
    expect(later > id).toBe(true);
  });
});
