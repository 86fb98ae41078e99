/**
 * `f` and `h` of `hunt watch` beside a bench: on the backend of the watched run, if it has a name. What is
 * done is done by the very commands that are shown, as processes of their own: a fault is healed in its
 * time though the watch was left. The bench's own dashboard has its own way (`watch-of-bench.ts`).
 */
import { spawn } from "node:child_process";
import { join, relative } from "node:path";
import type { FaultAnswer, FaultDesk, FaultQuestion } from "../../dashboard/faults/fault-desk.ts";
import type { SameAsCommands } from "../../dashboard/frame/help.ts";
import type { RecordingFeed } from "../../dashboard/model/recording-feed.ts";
import type { RunModel } from "../../dashboard/model/run-model.ts";
import type { Environment } from "../../environment.ts";
import { faultMenu } from "../../faults/fault-menu.ts";
import { HuntError } from "../../hunt-error.ts";
import { faultKindsOf } from "../../lanes/faults-of-lanes.ts";
import { backendNames, findBackend, nameFlag } from "../../runtime/local/kept/kept-backends.ts";
import type { Topology } from "../../topology/topology.ts";
import { backendsRoot, lanesOfTopology } from "../backend/kept-backend.ts";
import { dryRunByHand, injectedFaults, planByHand } from "../faults/fault.ts";

interface NamedBackend {
  readonly name: string;
  readonly topology: Topology;
}

/** Of the run, as long as it is up; undefined without one. */
async function namedBackend(
  environment: Environment,
  runId: string,
): Promise<NamedBackend | undefined> {
  const { HOME, XDG_STATE_HOME } = environment.variables;
  if (HOME === undefined && XDG_STATE_HOME === undefined) return undefined;
  const root = backendsRoot(environment);
  for (const name of await backendNames(root)) {
    const found = await findBackend(root, name);
    if (found.kind === "up" && found.state.runId === runId) {
      return { name, topology: found.state.topology };
    }
  }
  return undefined;
}

/** What the keys of this run do as commands. */
export async function sameAsCommands(
  environment: Environment,
  { model, folder }: RecordingFeed,
  ofBench: boolean,
): Promise<SameAsCommands> {
  const { runId } = model.run;
  const backend = await namedBackend(environment, runId);
  const flag = backend === undefined ? undefined : nameFlag(backend.name);
  const path = relative(environment.cwd, folder.path);
  const { parent } = environment;
  const leave = { does: "leave; the run goes on", command: null };
  return {
    folder: path.startsWith("..") ? folder.path : path,
    runId,
    inject: ofBench
      ? "hunt bench --fault '...'"
      : flag === undefined
        ? null
        : `hunt fault inject${flag} ...`,
    heal: flag === undefined ? null : `hunt heal${flag}`,
    quit:
      ofBench && parent !== undefined
        ? { does: "stop the run, with summary", command: `kill -INT ${parent.pid}` }
        : leave,
  };
}

export function backendFaultDesk(environment: Environment, model: RunModel): FaultDesk {
  return async (question) => {
    try {
      return await answer(environment, model, question);
    } catch (error) {
      if (!(error instanceof HuntError)) throw error;
      return { kind: "refused", why: error.message.replace(/^fault '[^']*': /, "") };
    }
  };
}

async function answer(
  environment: Environment,
  model: RunModel,
  question: FaultQuestion,
): Promise<FaultAnswer> {
  const { runId, state } = model.run;
  const backend = state.kind === "running" ? await namedBackend(environment, runId) : undefined;
  if (backend === undefined) return { kind: "refused", why: nobody(state.kind) };
  const { name, topology } = backend;
  const flag = nameFlag(name);
  switch (question.kind) {
    case "menu":
      return { kind: "menu", faults: faultMenu(faultKindsOf(lanesOfTopology(topology)), topology) };
    case "dry-run": {
      const { on, undo } = await dryRunByHand(environment, planByHand(question.expression), {
        name,
      });
      const lines = [
        { label: "acts on", text: on },
        { label: "undone by", text: undo },
        {
          label: "recorded",
          text: "no: for the bench it comes from outside, so what it does counts against the backend; f in the dashboard of the bench makes it a fault of the run",
        },
      ];
      const sameAs = `hunt fault inject${flag} ${shellWords(question.expression)}`;
      return { kind: "dry-run", lines, sameAs };
    }
    case "inject": {
      const words = question.expression.split(" ");
      const args = ["fault", "inject", ...words, "--name", name];
      const sameAs = `hunt fault inject${flag} ${shellWords(question.expression)}`;
      return runCommand({ environment, model, args, until: /armed/, sameAs });
    }
    case "heal-dry-run": {
      const entries = await injectedFaults(environment, { name });
      if (entries.length === 0) return { kind: "refused", why: "no fault is injected" };
      const lines = entries.map(({ fault, expression, node }) => {
        return { label: fault, text: `${expression}, on ${node}` };
      });
      return { kind: "dry-run", lines, sameAs: `hunt heal${flag}` };
    }
    case "heal": {
      const args = ["heal", "--name", name];
      return runCommand({
        environment,
        model,
        args,
        until: /healed|nothing/,
        sameAs: `hunt heal${flag}`,
      });
    }
  }
}

function nobody(state: RunModel["run"]["state"]["kind"]): string {
  return state === "running"
    ? "nothing can be broken from here: no backend of this run is up under a name (hunt bench --name NAME)"
    : "nothing can be broken from here: this run is over";
}

interface Command {
  readonly environment: Environment;
  readonly model: RunModel;
  readonly args: readonly string[];
  /** What it prints once it has done what was asked; it may go on after that. */
  readonly until: RegExp;
  readonly sameAs: string;
}

/** What it prints goes to the log, too. */
function runCommand({ environment, model, args, until, sameAs }: Command): Promise<FaultAnswer> {
  const { nodeBinary, packageRoot, variables } = environment;
  const child = spawn(nodeBinary, [join(packageRoot, "dist", "main.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...variables },
    detached: true,
  });
  // It outlives the watch, which does not wait for it.
  child.unref();
  const { promise, resolve } = Promise.withResolvers<FaultAnswer>();
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if ("unref" in stream && typeof stream.unref === "function") stream.unref();
    stream.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n").filter((each) => each.trim() !== "")) {
        printed.push(line);
        model.addLogLine({ t: model.lastS, node: "hunt", text: line });
        if (until.test(line)) resolve({ kind: "done", text: line, sameAs });
      }
    });
  }
  child.on("error", (error) => resolve({ kind: "refused", why: error.message }));
  child.on("close", (code) => {
    const last = printed.join(" ").replace(/^hunt: (fault '[^']*': )?/, "");
    resolve(code === 0 ? { kind: "done", text: last, sameAs } : { kind: "refused", why: last });
  });
  return promise;
}

/** As a shell takes them. */
function shellWords(expression: string): string {
  return expression
    .split(" ")
    .map((word) => (/^[\w./:=,%+-]+$/.test(word) ? word : `'${word}'`))
    .join(" ");
}
