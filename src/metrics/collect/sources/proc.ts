/**
 * Figures of processes and of the machine, from /proc. Counters grow from the start of the process;
 * whoever wants rates takes differences.
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

export interface ProcessSample {
  /** User and system time of all threads, ended ones included; resolution 10 ms. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  /** Highest rss since the start of the process. */
  readonly rssMaxBytes: number;
  /** Handed to the disk layer, rewrites of the same page included; undefined where it may not be read. */
  readonly bytesWritten: number | undefined;
  readonly threads: number;
}

/** Seconds since boot, summed over all processors. */
export interface MachineSample {
  readonly busySeconds: number;
  readonly idleSeconds: number;
  readonly ioWaitSeconds: number;
  /** Time in which the hypervisor ran somebody else although this machine had work. */
  readonly stealSeconds: number;
}

/** USER_HZ: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Undefined when the process is gone, a zombie included, or when there is no /proc. */
export async function sampleProcess(pid: number): Promise<ProcessSample | undefined> {
  try {
    const [stat, status, io] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile(`/proc/${pid}/status`, "utf8"),
      readFile(`/proc/${pid}/io`, "utf8").catch(() => ""),
    ]);
    return parseProcess(stat, status, io);
  } catch {
    // The process ended between two reads: as gone as if it had ended before the first.
    return undefined;
  }
}

/**
 * Since boot, in steps of 10 ms, the time in which the machine slept included; undefined where there is no
 * /proc. Read at once, since it is compared with clocks that go on.
 */
export function bootTimeMs(): number | undefined {
  let text: string;
  try {
    text = readFileSync("/proc/uptime", "utf8");
  } catch {
    return undefined;
  }
  const seconds = Number.parseFloat(text);
  return Number.isNaN(seconds) ? undefined : seconds * 1000;
}

export async function sampleMachine(): Promise<MachineSample | undefined> {
  try {
    return parseMachine(await readFile("/proc/stat", "utf8"));
  } catch {
    // No /proc: not a Linux.
    return undefined;
  }
}

export function parseProcess(stat: string, status: string, io: string): ProcessSample | undefined {
  // The second field is the program's name in brackets and may hold blanks and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  const userTicks = Number(fields[11]);
  const systemTicks = Number(fields[12]);
  const rssKb = kilobytes(status, "VmRSS");
  // A zombie has no memory lines any more.
  if (state === "Z" || state === "X" || rssKb === undefined) return undefined;
  const written = /^write_bytes: (\d+)$/m.exec(io)?.[1];
  return {
    cpuSeconds: (userTicks + systemTicks) / ticksPerSecond,
    rssBytes: rssKb * 1024,
    rssMaxBytes: (kilobytes(status, "VmHWM") ?? rssKb) * 1024,
    bytesWritten: written === undefined ? undefined : Number(written),
    threads: Number(fields[17]),
  };
}

export function parseMachine(stat: string): MachineSample | undefined {
  const line = /^cpu +([\d ]+)$/m.exec(stat)?.[1];
  if (line === undefined) return undefined;
  const seconds = line.split(" ").map((ticks) => Number(ticks) / ticksPerSecond);
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] =
    seconds;
  return {
    busySeconds: user + nice + system + irq + softIrq,
    idleSeconds: idle,
    ioWaitSeconds: ioWait,
    stealSeconds: steal,
  };
}

function kilobytes(status: string, name: string): number | undefined {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  return value === undefined ? undefined : Number(value);
}
