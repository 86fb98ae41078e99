/**
 * One set-up at a time per checkout. The lock is a file that names its owner, put in place complete by
 * link(2); a lock whose owner is gone is taken away by whoever holds the breaker folder, so that two
 * waiters can't both take away each other's.
 */
import { link, mkdir, readFile, rm, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { SetUpFailure } from "./failure.mjs";

const pollMs = 200;
const breakerTimeoutMs = 10_000;

/**
 * @param {string} path
 * @param {{ waitMs: number, signal: AbortSignal, onWait: (pid: number) => void }} options
 * @returns {Promise<() => Promise<void>>} gives the lock back
 */
export async function takeLock(path, { waitMs, signal, onWait }) {
  const mine = `${path}.${process.pid}`;
  const owner = { pid: process.pid, bornAt: await bornAt(process.pid), host: hostname() };
  const text = JSON.stringify(owner);
  await writeFile(mine, text);
  try {
    const giveUpAt = performance.now() + waitMs;
    let told = false;
    for (;;) {
      signal.throwIfAborted();
      if (await linked(mine, path)) return () => releaseLock(path, text);
      const held = await readLock(path);
      if (held === undefined) continue;
      if (await isGone(held.owner)) {
        await breakLock(path, held.text);
        continue;
      }
      if (!told) onWait(held.owner.pid);
      told = true;
      if (performance.now() > giveUpAt) throw heldTooLong(path, held.owner.pid, waitMs);
      await sleep(pollMs, undefined, { signal });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function linked(from, to) {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error?.code === "EEXIST") return false;
    throw error;
  }
}

async function readLock(path) {
  try {
    const text = await readFile(path, "utf8");
    return { text, owner: parseOwner(text) };
  } catch (error) {
    if (error?.code === "ENOENT") return undefined;
    throw error;
  }
}

function parseOwner(text) {
  try {
    const owner = JSON.parse(text);
    if (Number.isSafeInteger(owner?.pid)) return owner;
  } catch {
    // Not a lock that a set-up wrote; nobody owns it.
  }
  return { pid: 0, bornAt: "", host: hostname() };
}

/** A process id alone is not enough: ids are used again. */
async function isGone(owner) {
  if (owner.host !== hostname()) return false;
  if (owner.pid <= 0) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return error?.code === "ESRCH";
  }
  return (await bornAt(owner.pid)) !== owner.bornAt;
}

/** Start of a process in clock ticks since boot; empty where there is no /proc. */
async function bornAt(pid) {
  try {
    const line = await readFile(`/proc/${pid}/stat`, "utf8");
    return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

async function breakLock(path, text) {
  const breaker = `${path}.breaker`;
  try {
    await mkdir(breaker);
  } catch (error) {
    if (error?.code !== "EEXIST") throw error;
    const age = Date.now() - ((await stat(breaker).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > breakerTimeoutMs) await rmdir(breaker).catch(() => undefined);
    await sleep(pollMs);
    return;
  }
  try {
    await releaseLock(path, text);
  } finally {
    await rmdir(breaker);
  }
}

async function releaseLock(path, text) {
  const held = await readLock(path);
  if (held?.text === text) await unlink(path);
}

function heldTooLong(path, pid, waitMs) {
  return new SetUpFailure(
    `another set-up of this checkout (process ${pid}) has not ended within ${waitMs / 60_000} minutes`,
    { hint: `See what process ${pid} does; if it is not a set-up, delete ${path} and run again.` },
  );
}
