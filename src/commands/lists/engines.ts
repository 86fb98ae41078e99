/**
 * `hunt engines`: the programs that hunt starts, which lane needs them, where they come from and whether they are
 * there. `hunt engines fetch [NAME...]` gets them beforehand; otherwise a command gets what it starts.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { binaryFile } from "../../engines/programs/binaries.ts";
import { ensurePrograms } from "../../engines/programs/ensure-programs.ts";
import {
  engineVariable,
  lookAtNamed,
  type NamedProgram,
} from "../../engines/programs/named-programs.ts";
import { huntVersion, programVersion, sourceText } from "../../engines/programs/program-facts.ts";
import { type ProgramState, programStates } from "../../engines/programs/program-state.ts";
import {
  type ProgramName,
  programNames,
  programs,
  programsOfBench,
} from "../../engines/programs/programs.ts";
import type { Environment } from "../../environment.ts";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import type { Lane } from "../../lanes/lane.ts";
import { lanes } from "../../lanes/lanes.ts";
import { versions } from "../../runner/machine/versions.ts";
import { plainTable } from "./plain-table.ts";

interface EngineFacts {
  readonly name: string;
  readonly kind: "engine" | "tool" | "service";
  /** `lane`: the lanes below alone; else any lane, to start a backend or to play at it. */
  readonly neededFor: "backend" | "load" | "lane";
  /** Lanes that need it. */
  readonly lanes: readonly string[];
  readonly version: string;
  /** What it comes from. */
  readonly source: string;
  readonly path: string;
  /** `unfit`: the operator names one that can't be used; `hunt engines fetch NAME` says why. */
  readonly state: ProgramState | "unfit";
  readonly built: boolean;
  readonly bytes: number | null;
}

export function enginesCommand(environment: Environment, flags: { json?: boolean }): void {
  const list = [...programFacts(environment, programNames), ...serviceFacts(environment)];
  const { node } = versions(environment.packageRoot, []);
  if (flags.json === true) {
    const document = { schemaVersion: 1, node, engines: list };
    environment.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const rows = list.map((each) => [
    each.name,
    each.kind,
    neededByText(each),
    each.version,
    each.state,
    each.bytes === null ? "-" : `${(each.bytes / 1e6).toFixed(1)} MB`,
    each.source,
    each.path,
  ]);
  const head = ["name", "kind", "needed by", "version", "state", "size", "comes from", "path"];
  environment.stdout.write(plainTable(head, rows));
  environment.stdout.write(
    `\n  Services run on node ${node}. A command gets what it needs and is missing or outdated.\n\nNext: hunt engines fetch\n`,
  );
}

/** @throws HuntError: 2 for a name that does not exist; 3 when something can't be got. */
export async function fetchEnginesCommand(
  environment: Environment,
  given: readonly string[],
  flags: { json?: boolean; all?: boolean },
): Promise<void> {
  const known: readonly string[] = [...lanes.map(({ id }) => id), ...programNames];
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownName(unknown);
  const wanted = flags.all === true || given.length === 0 ? lanes : lanesNamed(given);
  const needed = wanted.length === 0 ? [] : programsOfBench(wanted);
  const names = programNames.filter(
    (name) => flags.all === true || given.includes(name) || needed.includes(name),
  );
  await ensurePrograms(environment, names);
  const list = programFacts(environment, names);
  if (flags.json === true) {
    const document = { schemaVersion: 1, lanes: wanted.map(({ id }) => id), engines: list };
    environment.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const forLanes = wanted.length === 0 ? "" : ` for ${wanted.map(({ id }) => id).join(", ")}`;
  environment.stdout.write(`all there${forLanes}: ${names.join(", ")}\n\nNext: hunt bench\n`);
}

function lanesNamed(given: readonly string[]): readonly Lane[] {
  return lanes.filter(({ id }) => given.includes(id));
}

function unknownName(name: string): HuntError {
  const known = lanes.map(({ id }) => id);
  return new HuntError({
    code: "usage.unknown-engine",
    exitCode: exitCodes.usage,
    message: `there is no lane and no program "${name}"; lanes: ${known.join(", ")}; programs: ${programNames.join(", ")}`,
    hint: "Nothing was fetched.",
  });
}

function neededByText({ neededFor, lanes }: EngineFacts): string {
  if (neededFor !== "lane") return "every lane";
  return lanes.length === 0 ? "none yet" : lanes.join(", ");
}

function programFacts(
  environment: Environment,
  names: readonly ProgramName[],
): readonly EngineFacts[] {
  const states = programStates(names, environment);
  return names.map((name) => {
    const path = binaryFile(name, environment.variables);
    const named = lookAtNamed(name, environment.variables);
    const own = {
      version: programVersion(name, environment.packageRoot),
      source: sourceText(name),
      state: states.get(name) ?? "missing",
    } as const;
    return {
      name,
      kind: programs[name].kind,
      neededFor: programs[name].neededFor,
      lanes: lanes.filter((lane) => programsOfBench([lane]).includes(name)).map(({ id }) => id),
      ...(named === undefined ? own : namedFacts(name, named)),
      ...placeOf(path),
    };
  });
}

function namedFacts(
  name: ProgramName,
  { version, problem }: NamedProgram,
): Pick<EngineFacts, "version" | "source" | "state"> {
  return {
    version: version ?? "unknown",
    source: engineVariable(name),
    state: problem === undefined ? "there" : "unfit",
  };
}

function serviceFacts({ packageRoot }: Environment): readonly EngineFacts[] {
  return lanes.flatMap((lane) =>
    servicesOf(lane).map((name) => {
      const place = join("reference-backend", lane.id, name);
      const facts = placeOf(join(packageRoot, "dist", place, "main.js"));
      return {
        name,
        kind: "service",
        neededFor: "lane",
        lanes: [lane.id],
        version: huntVersion(packageRoot),
        source: join("src", place),
        state: facts.built ? "there" : "missing",
        ...facts,
      };
    }),
  );
}

/** Each is a program of its own, named like the kind of its nodes. */
function servicesOf({ nodeKinds }: Lane): string[] {
  return Object.keys(nodeKinds).filter((kind) => nodeKinds[kind] === "service");
}

function placeOf(path: string): Pick<EngineFacts, "path" | "built" | "bytes"> {
  // The linked file's size, not the link's.
  const file = statSync(path, { throwIfNoEntry: false });
  return { path, built: file !== undefined, bytes: file?.size ?? null };
}
