/**
 * Where a set-up reads and writes, and how it waits there for others. What several checkouts can use lies in the
 * user's cache.
 */
import { homedir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** File times come from a clock that ticks up to 10 ms late: a change just before the start counts as newer. */
export const clockTickMs = 20;

const lockWaitMs = 1_800_000;

/** For `takeLock`: says once for whom it waits. */
export function waitForOthers({ controller, report }) {
  return {
    waitMs: lockWaitMs,
    signal: controller.signal,
    onWait: (pid) =>
      report.sayOnce(`another set-up of this checkout is running (process ${pid}); waiting for it`),
  };
}

/**
 * @param {string} root the checkout
 * @param {NodeJS.ProcessEnv} env
 */
export function findPlaces(root, env) {
  const state = join(root, ".cache", "set-up");
  return {
    root,
    state,
    stamp: join(state, "stamp"),
    developmentStamp: join(state, "stamp-development"),
    lock: join(state, "lock"),
    logs: join(state, "logs"),
    compiled: join(root, ".cache", "compiled"),
    /** Links to the built programs, by name. */
    bin: join(root, ".cache", "bin"),
    dist: join(root, "dist"),
    cache: cacheFolder(env),
  };
}

/** An empty variable counts as unset; Node takes an empty HOME for the current folder. */
function cacheFolder(env) {
  if (env.HUNT_CACHE_DIR) return resolve(env.HUNT_CACHE_DIR);
  const base = env.XDG_CACHE_HOME;
  return join(
    base && isAbsolute(base) ? base : join(homedir() || userInfo().homedir, ".cache"),
    "hunt",
  );
}
