/** Starts what checks a run while it goes on. */
import type { LiveEvidence } from "../../checkers/lane-evidence.ts";
import { startChecker } from "../../checkers/live/checker-node.ts";
import type { LiveCounts } from "../../checkers/live/live-check.ts";
import { startAuditor } from "../../lanes/sessions/auditor/auditor-node.ts";
import type { CheckedSoFar, Progress } from "../../load/progress.ts";
import { laneFile } from "../../recording/run-folder.ts";
import type { PlayLoadOptions } from "../play-load.ts";
import type { RunDependencies, RunRequest } from "../run-scenario.ts";
import { LiveChecks } from "./live-checks.ts";

/** The auditor, and what holds its file against the ledger while both are written. */
export async function startChecking(
  { request, dependencies, recorder, backend }: PlayLoadOptions,
  progress: Progress,
): Promise<LiveChecks> {
  const { folder } = recorder;
  await startAuditor(backend, {
    ...dependencies.auditor,
    auditFile: laneFile(folder, "sessions", "audit"),
  });
  const lanes = liveLanes(request, dependencies);
  const names = Object.keys(lanes);
  const { logPath } = await startChecker(backend, {
    ...dependencies.auditor,
    folder,
    lanes: names,
  });
  progress.setChecked(notChecked);
  return new LiveChecks({
    logPath,
    lanes,
    view: {
      counts: (_, counts) => progress.setChecked(checkedSoFar(counts)),
      line: (line) => dependencies.view.line(line, "timeline"),
    },
  });
}

function liveLanes(
  { document }: RunRequest,
  { evidence }: RunDependencies,
): Readonly<Record<string, LiveEvidence>> {
  return Object.fromEntries(
    evidence.flatMap(({ lane, live }) =>
      lane in document.lanes && live?.watches(document) === true ? [[lane, live] as const] : [],
    ),
  );
}

function checkedSoFar(counts: LiveCounts | undefined): CheckedSoFar {
  const { lost = null, twice = null } = counts?.figures ?? {};
  return { lost, twice };
}

const notChecked = { lost: null, twice: null };
