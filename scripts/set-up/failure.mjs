/**
 * How a set-up ends when it can't go on: what failed, why as far as that can be told from the output
 * of npm, tsc or go, and the way out. The environment's faults end with exit code 3, faults of the
 * source (it does not compile) with 1.
 */

export class SetUpFailure extends Error {
  /**
   * @param {string} message what failed, on what
   * @param {{ hint?: string, exitCode?: number, lines?: string[], logPath?: string }} [facts]
   */
  constructor(message, { hint, exitCode = 3, lines = [], logPath } = {}) {
    super(message);
    this.name = "SetUpFailure";
    this.hint = hint;
    this.exitCode = exitCode;
    this.lines = lines;
    this.logPath = logPath;
  }

  /** The whole text for the terminal; the way out comes last. */
  toText() {
    const { message, hint } = this.toMessage();
    return hint === undefined ? `${message}\n` : `${message}\n  ${hint}\n`;
  }

  /** As `src/engines/programs/ensure-programs.ts` reads it. */
  toMessage() {
    const parts = [this.message];
    for (const line of this.lines) parts.push(`  | ${line}`);
    if (this.logPath) parts.push(`  all of it: ${this.logPath}`);
    return { message: parts.join("\n"), hint: this.hint, exitCode: this.exitCode };
  }
}

/** A full disk or a folder that can't be written shows itself in our own calls too. */
export function asFailure(error) {
  if (error instanceof SetUpFailure) return error;
  const full = error?.code === "ENOSPC" || error?.code === "EDQUOT";
  const closed = error?.code === "EACCES" || error?.code === "EROFS" || error?.code === "EPERM";
  if (!full && !closed) return undefined;
  return new SetUpFailure(
    `could not write ${error.path ?? "a file"}: ${full ? "the disk is full" : "not permitted"}`,
    {
      hint: full
        ? "Free some space (the first programs take about 3 GB), then run the same command again."
        : "Make that folder writable (HUNT_CACHE_DIR moves hunt's own cache), then run the same command again.",
    },
  );
}

const again = "then run the same command again; what is finished is kept.";

/** Empty lines, npm's stack traces and its complaints about the user's own settings. */
const noise =
  /^$|^npm warn (unknown|config)|^npm error\s*[{}]?$|^npm error\s+at |^npm error\s+(errno|syscall|type|address|port):/i;

/** Most telling first: a full disk also breaks connections. */
const causes = [
  {
    pattern: /ENOSPC|no space left on device|disk quota exceeded|EDQUOT/i,
    reason: "the disk is full",
    hint: `Free some space (the first programs take about 3 GB), or point HUNT_CACHE_DIR, GOCACHE and GOMODCACHE at another disk, ${again}`,
  },
  {
    pattern: /EACCES|EPERM|EROFS|permission denied|read-only file system/i,
    reason: "a folder can't be written",
    hint: `Make the folder named above writable (HUNT_CACHE_DIR moves hunt's own cache), ${again}`,
  },
  {
    pattern: /checksum mismatch|EINTEGRITY|SECURITY ERROR|DO NOT MATCH THE HASHES/i,
    reason: "a download is not what the lock file says",
    hint: `Empty the download cache (npm cache clean --force, go clean -modcache, pip cache purge), ${again}`,
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|dial tcp|no such host|i\/o timeout|TLS handshake|proxyconnect|connection re(set|fused)|module lookup disabled|ENOTCACHED|connection broken by|Max retries exceeded|50[234] (Bad Gateway|Service|Gateway)/i,
    reason: "no network, or the package server can't be reached",
    hint: `Check the connection (HTTPS_PROXY, npm's registry setting, GOPROXY and pip's settings are respected), ${again}`,
  },
];

/**
 * @param {string} what "install the npm packages": completes "could not ..."
 * @param {{ output: string, ending: string, afterMs: number, logPath: string, otherwise: { hint: string, exitCode: number } }} facts
 *   `ending`: "exit code 1"; `otherwise`: what to say when the output names no known cause
 */
export function explainFailure(what, { output, ending, afterMs, logPath, otherwise }) {
  const cause = causes.find(({ pattern }) => pattern.test(output));
  const lines = output
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => !noise.test(line));
  return new SetUpFailure(
    `could not ${what}: ${cause?.reason ?? ending} (after ${(afterMs / 1000).toFixed(1)} s)`,
    {
      hint: cause?.hint ?? otherwise.hint,
      exitCode: cause ? 3 : otherwise.exitCode,
      lines: lines.slice(-12),
      logPath,
    },
  );
}
