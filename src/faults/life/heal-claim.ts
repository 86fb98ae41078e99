/**
 * Who heals a fault just now: its hunt, its warden or `hunt heal`, one at a time. The claim is a file that
 * its holder writes to as long as it works. One that was not written to for a while is taken over: its
 * holder is dead or stands still, and hears of it when it goes on.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { machineMs } from "./machine-clock.ts";

const beatEveryMs = 300;
/** A busy machine holds a process up for some hundred milliseconds. */
const staleMs = 2_000;
const pollEveryMs = 100;

export class HealClaim implements AsyncDisposable {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #inode: bigint;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #beats = 0;

  private constructor(path: string, file: FileHandle, inode: bigint) {
    this.#path = path;
    this.#file = file;
    this.#inode = inode;
    this.#timer = setInterval(() => void this.#beat(), beatEveryMs);
  }

  /** Waits as long as another one works on it. Rejects when the signal aborts. */
  static async take(path: string, signal: AbortSignal): Promise<HealClaim> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    let seen = "";
    let seenAtMs = machineMs();
    for (;;) {
      const file = await openNew(path);
      if (file !== undefined) return HealClaim.#hold(path, file);
      const sign = await signOf(path);
      if (sign !== seen) {
        seen = sign;
        seenAtMs = machineMs();
      } else if (machineMs() - seenAtMs > staleMs) {
        const own = `${path}.${randomUUID()}`;
        const taken = await open(own, "wx", 0o600);
        await rename(own, path);
        return HealClaim.#hold(path, taken);
      }
      await sleep(pollEveryMs, undefined, { signal });
    }
  }

  static async #hold(path: string, file: FileHandle): Promise<HealClaim> {
    return new HealClaim(path, file, (await file.stat({ bigint: true })).ino);
  }

  /** Aborts when another one has taken it over. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (await this.#isOwn()) await rm(this.#path, { force: true });
    await this.#file.close();
  }

  async #beat(): Promise<void> {
    try {
      this.#beats += 1;
      await this.#file.write(`${this.#beats}\n`, 0);
      if (!(await this.#isOwn())) this.#lost.abort(new Error("another hunt has taken over"));
    } catch {
      // Closed meanwhile, or a full disk: then it goes stale, and another one takes over.
    }
  }

  async #isOwn(): Promise<boolean> {
    const found = await stat(this.#path, { bigint: true }).catch(() => undefined);
    return found?.ino === this.#inode;
  }
}

async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "wx", 0o600);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw error;
  }
}

/** Another one after every write to it; empty when it is gone. */
async function signOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? "" : `${found.ino} ${found.mtimeNs}`;
}
