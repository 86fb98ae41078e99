/**
 * The undo journal: one file per target, made exclusively and synced before anything is injected, removed
 * when it is healed. So it is also the lock that keeps two faults off one target, and what the warden and
 * `hunt heal` work from when the hunt that injected is dead. Beside it stand who heals a fault just now
 * (`healing/`), and how one was healed by another than its own hunt (`healed/`).
 */

import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { reasonOf } from "../../reason-of.ts";
import { processIdentitySchema } from "../../runtime/local/keeper/process-identity.ts";
import { nodeFileName } from "../../topology/topology.ts";
import { HealClaim } from "./heal-claim.ts";

const entrySchema = z.object({
  schemaVersion: z.literal(1),
  /** Of the fault; one fault may have several targets. */
  fault: z.string(),
  kind: z.string(),
  /** As it was asked for. */
  expression: z.string(),
  node: z.string(),
  /** ISO 8601; when the fault was about to be injected. */
  at: z.string(),
  /** When it should be healed at the latest; null: when somebody asks for it. */
  until: z.string().nullable(),
  /** The hunt that injects it; absent in the journal of an older hunt. */
  injector: processIdentitySchema.optional(),
  /** It was seen to bite; before that nobody knows how far the injection got. */
  bitten: z.boolean().default(true),
  /** `until` on the machine's monotonic clock (`machine-clock.ts`). */
  endsAtMs: z.number().nullable().default(null),
});

export type JournalEntry = Readonly<z.infer<typeof entrySchema>>;

/** Until somebody heals it: it bit, and nobody gave it an end. */
export function staysByItself({ bitten, endsAtMs }: JournalEntry): boolean {
  return bitten && endsAtMs === null;
}

const recordSchema = z.object({
  by: z.enum(["operator", "warden"]),
  /** On the machine's monotonic clock. */
  healedAtMs: z.number(),
  recoveredAtMs: z.number(),
});

/** How a fault was healed by another than the hunt that injected it. */
export type HealRecord = Readonly<z.infer<typeof recordSchema>>;

export class FaultJournal {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * All entries or none.
   * @returns the entry that is in the way, if one of the targets is under a fault already.
   */
  async claim(entries: readonly JournalEntry[]): Promise<JournalEntry | undefined> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const { fault } of entries) await rm(this.#recordPath(fault), { force: true });
    const claimed: string[] = [];
    for (const entry of entries) {
      if (await this.#write(entry)) {
        claimed.push(entry.node);
        continue;
      }
      for (const node of claimed) await this.release(node);
      const taken = (await this.entries()).find(({ node }) => node === entry.node);
      return taken ?? entry;
    }
    return undefined;
  }

  async release(node: string): Promise<void> {
    await rm(this.#path(node), { force: true });
  }

  /**
   * It was seen to bite. @returns false when it is not written down any more: it was undone meanwhile.
   */
  async markBitten(fault: string, end: Pick<JournalEntry, "endsAtMs" | "until">): Promise<boolean> {
    const known = (await this.entries()).filter((entry) => entry.fault === fault);
    for (const entry of known) {
      const bitten: JournalEntry = { ...entry, ...end, bitten: true };
      await replaceFile(this.#path(entry.node), bitten);
    }
    return known.length > 0;
  }

  /** Waits until nobody else heals the fault. Rejects when the signal aborts. */
  claimHeal(fault: string, signal: AbortSignal): Promise<HealClaim> {
    return HealClaim.take(join(this.#folder, "healing", fault), signal);
  }

  /** For the hunt that injected it. */
  async writeRecord(fault: string, record: HealRecord): Promise<void> {
    await mkdir(join(this.#folder, "healed"), { recursive: true, mode: 0o700 });
    await replaceFile(this.#recordPath(fault), record);
  }

  /** Undefined when nobody else healed it. */
  async record(fault: string): Promise<HealRecord | undefined> {
    const text = await readFile(this.#recordPath(fault), "utf8").catch(() => undefined);
    return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
  }

  /** Oldest first. @throws Error that names a file which can't be understood. */
  async entries(): Promise<readonly JournalEntry[]> {
    const all = await readdir(this.#folder).catch(() => []);
    const names = all.filter((name) => name.endsWith(".json"));
    const entries = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        const text = await readFile(path, "utf8").catch(() => undefined);
        // Healed by somebody else in between.
        if (text === undefined) return [];
        try {
          return [entrySchema.parse(JSON.parse(text))];
        } catch (error) {
          const why = reasonOf(error);
          throw new Error(`the undo journal ${path} can't be read: ${why}`, { cause: error });
        }
      }),
    );
    return entries.flat().sort((left, right) => left.at.localeCompare(right.at));
  }

  /** Removes the folder of a run that is over. */
  async discard(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** False when there is one for the node. */
  async #write(entry: JournalEntry): Promise<boolean> {
    const path = this.#path(entry.node);
    const whole = `${path}.${randomUUID()}`;
    try {
      await writeFile(whole, `${JSON.stringify(entry)}\n`, { mode: 0o600, flush: true });
      // Others read it at any moment, so it is there as a whole or not at all.
      await link(whole, path);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(whole, { force: true });
    }
  }

  #recordPath(fault: string): string {
    return join(this.#folder, "healed", `${fault}.json`);
  }

  #path(node: string): string {
    return join(this.#folder, `${nodeFileName(node)}.json`);
  }
}

/** Others see what was there before, or the whole of it. */
async function replaceFile(path: string, document: JournalEntry | HealRecord): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(document)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}
