/** Runs the checkers over a recording: during `bench`, and again from the folder at any later time. */
import { z } from "zod";
import { operationsLogged, readAudit } from "../recording/files/audit-file.ts";
import { type LedgerRecord, operationsIn, readLedger } from "../recording/files/ledger-file.ts";
import { readObserved } from "../recording/files/observed-file.ts";
import type { RecordingReader } from "../recording/recording-reader.ts";
import { laneFile } from "../recording/run-folder.ts";
import { fileProblem, isMissing } from "../recording/timeline/recorded-lines.ts";
import type { LaneFinding } from "../verdict/summary-document.ts";
import type { Checker } from "./checker.ts";
import { faultWindows } from "./fault-windows.ts";
import { LogChecker } from "./log/log-checker.ts";
import type { LogPartsOptions } from "./log/log-parts.ts";
import { AuditedReads } from "./reads/audited-reads.ts";
import { FinalReads } from "./reads/final-reads.ts";
import { checkReads } from "./reads/reads.ts";
import { checkFollowerData } from "./replicas/follower-data.ts";
import { checkLiveness } from "./replicas/liveness.ts";

const lane = "sessions";

/** Every checker that a recording of this lane can be held against. */
function newCheckers(reader: RecordingReader): readonly Checker[] {
  return [new FinalReads(faultWindows(reader, lane))];
}

interface Gaps {
  readonly ledger: string[];
  readonly audit: string[];
  readonly observed: string[];
}

/**
 * Streams ledger, audit and observations past every checker; a missing or partial file is a gap, no error.
 * @param parts How many operations of the log are compared at a time.
 */
export async function checkRecording(
  reader: RecordingReader,
  parts: Pick<LogPartsOptions, "partSize"> = {},
): Promise<LaneFinding[]> {
  const checkers = newCheckers(reader);
  const ledger = laneFile(reader.folder, lane, "ledger");
  const log =
    reader.run.lanes[lane]?.observers["auditor"] === true
      ? await newLogChecker(reader, parts)
      : undefined;
  const reads = newAuditedReads(reader);
  const gaps: Gaps = { ledger: [], audit: [], observed: [] };
  const hasLedger = await named("ledger.bin", gaps.ledger, async () => {
    const wrote = (record: Readonly<LedgerRecord>) => {
      for (const checker of checkers) checker.attempted(record);
      log?.attempted(record);
      reads.wrote(record);
    };
    const end = await readLedger(ledger, wrote, (record) => reads.read(record));
    return end.problem;
  });
  if (log !== undefined) await checkLog(reader, log, gaps);
  await named("observed.bin", gaps.observed, () =>
    readObserved(laneFile(reader.folder, lane, "observed"), (record) => {
      for (const checker of checkers) checker.observed(record);
      log?.observed(record);
    }),
  );
  const curious = checkers.filter((checker) => checker.wantsRevisit());
  if (hasLedger && curious.length > 0) {
    await readLedger(ledger, (record) => {
      for (const checker of curious) checker.revisit(record);
    });
  }
  const ofLedger = checkers.flatMap((checker) =>
    checker.finish([...gaps.ledger, ...gaps.observed]),
  );
  return [
    ...[...ofLedger, ...(log?.finish(gaps) ?? [])].map(liveNote(reader)),
    ...checkReads(reader),
    ...reads.finish(gaps.ledger).map(liveNote(reader)),
    ...checkFollowerData(reader),
    ...checkLiveness(reader),
  ];
}

async function newLogChecker(
  reader: RecordingReader,
  parts: Pick<LogPartsOptions, "partSize">,
): Promise<LogChecker> {
  const expected = await operationsIn(laneFile(reader.folder, lane, "ledger"));
  const logged = await operationsLogged(laneFile(reader.folder, lane, "audit"));
  return new LogChecker(faultWindows(reader, lane), { ...parts, expected, logged });
}

/** The ledger was shown once. A long run is checked in parts: then both files are read again for each. */
async function checkLog({ folder }: RecordingReader, log: LogChecker, gaps: Gaps): Promise<void> {
  const audit = () =>
    named("audit.bin", gaps.audit, () => readAudit(laneFile(folder, lane, "audit"), log));
  await audit();
  while (log.next()) {
    await named("ledger.bin", gaps.ledger, async () => {
      const end = await readLedger(laneFile(folder, lane, "ledger"), (record) =>
        log.attempted(record),
      );
      return end.problem;
    });
    await audit();
  }
}

/** The gateways' own, where the run does not set it. */
const sessionTtlS = 1_800;

function newAuditedReads(reader: RecordingReader): AuditedReads {
  const { scenario, lanes, durationS } = reader.run;
  const ttlS = lanes[lane]?.settings["sessionTtlS"];
  return new AuditedReads({
    shares: sharesSchema.safeParse(scenario["plan"]).data,
    faults: faultWindows(reader, lane),
    sessionsMayClose: (typeof ttlS === "number" ? ttlS : sessionTtlS) <= durationS,
  });
}

const sharesSchema = z.object({ twoDeviceShare: z.number(), auditedShare: z.number() });

/** While a run goes on its ledger is open and nothing was read back yet: no damage, only too early. */
function liveNote({ live }: RecordingReader): (result: LaneFinding) => LaneFinding {
  const note = "sessions are read back and checked when the load has ended";
  return (result) => (live && result.outcome === "unknown" ? { ...result, note } : result);
}

/** Adds to the gaps what is wrong with a file. False when it can't even be opened. */
async function named(
  name: keyof typeof purposes,
  gaps: string[],
  read: () => Promise<string | undefined>,
): Promise<boolean> {
  try {
    const problem = await read();
    if (problem !== undefined) addGap(gaps, withoutStop(problem));
    return true;
  } catch (error) {
    const missing = isMissing(error) ? `: ${purposes[name]}` : "";
    addGap(gaps, `${withoutStop(fileProblem(name, error))}${missing}`);
    return false;
  }
}

/** A file that is read several times has the same one each time. */
function addGap(gaps: string[], gap: string): void {
  if (!gaps.includes(gap)) gaps.push(gap);
}

const purposes = {
  "ledger.bin": "what the players were told is not known",
  "audit.bin": "what the log held is not known",
  "observed.bin": "the final reads were not made",
} as const;

/** Gaps are joined into one sentence. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}
