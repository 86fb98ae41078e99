/**
 * A process for longer than its number: Linux gives numbers out again, and all of them after a reboot.
 * The start in kernel ticks since boot, with the boot's id, belongs to one process only.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";

export const processIdentitySchema = z.object({
  pid: z.number().int().positive(),
  startTicks: z.number(),
  bootId: z.string(),
});

export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** @throws Error when there is no such process. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const [stat, bootId] = await Promise.all([readFile(`/proc/${pid}/stat`, "utf8"), readBootId()]);
  return { pid, startTicks: startTicksOf(stat), bootId };
}

/** A zombie counts as gone: it holds nothing any more. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.bootId !== (await readBootId())) return false;
  const stat = await readFile(`/proc/${identity.pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && stateOf(stat) !== "Z" && startTicksOf(stat) === identity.startTicks;
}

export async function readBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

/** proc(5): field 3, the first after the name in brackets. */
function stateOf(stat: string): string | undefined {
  return fieldsAfterName(stat)[0];
}

/** proc(5): field 22. */
function startTicksOf(stat: string): number {
  return Number(fieldsAfterName(stat)[19]);
}

function fieldsAfterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
