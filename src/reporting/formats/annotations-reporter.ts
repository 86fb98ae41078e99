/**
 * GitHub Actions workflow commands: one annotation per reason, so that a pull request shows why its gate
 * is shut. Everything but a pass is an error, "could not tell" too; what is not gated is a notice.
 */
import type { Summary } from "../../verdict/summary-document.ts";
import { designOf } from "../compare/compare-runs.ts";
import { type GatedRun, gatedRuns } from "../compare/gated-runs.ts";
import { withUnit } from "../text/quantity.ts";
import type { Reporter } from "./reporters.ts";

export const annotationsReporter: Reporter = {
  format: "annotations",
  summary: (run) => annotations({ run, notGated: undefined }),
  comparison: (document) => gatedRuns(document).map(annotations).join(""),
};

function annotations({ run, notGated }: GatedRun): string {
  const { outcome } = run.verdict;
  const name = `hunt ${run.scenario}, design ${designOf(run)}: ${outcome}`;
  const title = notGated === undefined ? name : `${name} (${notGated})`;
  const failed = outcome !== "pass" && notGated === undefined;
  const reasons = run.verdict.reasons.map((reason) =>
    command(failed ? "error" : "notice", title, reason),
  );
  const alerts = run.alerts.map((alert) =>
    command("warning", `hunt ${run.scenario}: alert at ${alert.firedAtS} s`, alertText(alert)),
  );
  return [...reasons, ...alerts].join("");
}

function alertText({ budget, observed, unit, resolvedAtS }: Summary["alerts"][number]): string {
  const end = resolvedAtS === null ? "it did not resolve" : `it resolved at ${resolvedAtS} s`;
  return `${budget} was breached in 3 of 5 seconds (${withUnit(observed, unit)}); ${end}.`;
}

function command(level: "error" | "warning" | "notice", title: string, text: string): string {
  return `::${level} title=${escaped(title).replaceAll(":", "%3A").replaceAll(",", "%2C")}::${escaped(text)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
