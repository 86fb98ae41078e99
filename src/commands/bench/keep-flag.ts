/**
 * `hunt bench --name NAME`: other commands find the backend of a run while it lasts; with `--keep` it
 * stays after it, too. One command leaves one backend at most.
 */
import type { Environment } from "../../environment.ts";
import { flagError } from "../../flag-values.ts";
import { checkNameFree, findBackend, nameFlag } from "../../runtime/local/kept/kept-backends.ts";
import type { StayOptions } from "../../runtime/runtime.ts";
import { backendName, backendsRoot, type NameFlags } from "../backend/kept-backend.ts";

export interface KeepFlags extends NameFlags {
  readonly keep?: boolean;
}

/** @throws HuntError (exit code 2) when there would be several backends of one name. */
export function keepFlag(flags: KeepFlags, runs: number): boolean {
  if (flags.keep === true && runs > 1) {
    throw flagError("--keep", "one run, to leave its backend up", `${runs} runs`);
  }
  return flags.keep === true;
}

/** The name by which others find the backend while the run lasts. @throws HuntError (exit code 2): it is taken. */
export async function shareFlag(
  environment: Environment,
  flags: KeepFlags,
): Promise<StayOptions | undefined> {
  if (flags.keep !== true && flags.name === undefined) return undefined;
  const name = backendName(flags);
  const root = backendsRoot(environment);
  await checkNameFree(root, name);
  return { name, root, startedBy: "bench" };
}

/** Says on stderr what became of it. */
export async function sayKept(
  environment: Environment,
  { root, name }: StayOptions,
): Promise<void> {
  const { kind } = await findBackend(root, name);
  const flag = nameFlag(name);
  environment.stderr.write(
    kind === "up"
      ? `the backend stays: hunt status${flag} shows it, hunt down${flag} ends it\n`
      : "the backend was not kept\n",
  );
}
