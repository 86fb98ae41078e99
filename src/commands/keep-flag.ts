/**
 * `hunt bench --keep`: the backend of a run that stays after it, for `hunt status` and the like. One
 * command leaves one backend at most.
 */
import type { Environment } from "../environment.ts";
import { checkNameFree, findBackend, nameFlag } from "../runtime/local/kept-backends.ts";
import type { StayOptions } from "../runtime/runtime.ts";
import { flagError } from "./flag-values.ts";
import { backendName, backendsRoot, type NameFlags } from "./kept-backend.ts";

export interface KeepFlags extends NameFlags {
  readonly keep?: boolean;
}

/** @throws HuntError (exit code 2) when there would be several, or when the name is taken. */
export async function keepFlag(
  environment: Environment,
  flags: KeepFlags,
  runs: number,
): Promise<StayOptions | undefined> {
  if (flags.keep !== true) return undefined;
  if (runs > 1) throw flagError("--keep", "one run, to leave its backend up", `${runs} runs`);
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
