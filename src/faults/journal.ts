/**
 * The undo journal: one file per target, made exclusively and synced before anything is injected, removed
 * when it is healed. So it is also the lock that keeps two faults off one target, and what `hunt heal`
 * works from when the hunt that injected is dead.
 */
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { nodeFileName } from "../topology/topology.ts";

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
});

export type JournalEntry = Readonly<z.infer<typeof entrySchema>>;

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

  /** Oldest first. @throws Error that names a file which can't be understood. */
  async entries(): Promise<readonly JournalEntry[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const entries = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        const text = await readFile(path, "utf8").catch(() => undefined);
        // Healed by somebody else in between.
        if (text === undefined) return [];
        try {
          return [entrySchema.parse(JSON.parse(text))];
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
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
    try {
      await using file = await open(this.#path(entry.node), "wx", 0o600);
      await file.writeFile(`${JSON.stringify(entry)}\n`);
      await file.sync();
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    }
  }

  #path(node: string): string {
    return join(this.#folder, `${nodeFileName(node)}.json`);
  }
}
