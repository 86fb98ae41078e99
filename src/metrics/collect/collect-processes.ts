/** Figures of processes and of the machine from /proc: what each node cost, hunt itself included. */
import type { Collector } from "./collector.ts";
import { type ProcessSample, sampleMachine, sampleProcess } from "./proc.ts";

export interface WatchedProcess {
  /** `etcd/1`; `hunt` for hunt itself. */
  readonly nodeId: string;
  readonly pid: number;
  /** It was there before the run, so its counters are recorded from its first reading on. */
  readonly before?: boolean;
}

/**
 * Series `node.<id>.cpuSeconds`, `.rssBytes` and `.writtenBytes`, and `machine.busySeconds`,
 * `.idleSeconds`, `.ioWaitSeconds` and `.stealSeconds`. Counters are recorded as they are.
 * @param processes Asked before every reading, since nodes come and go; a process that is gone is a gap.
 */
export function processCollector(processes: () => readonly WatchedProcess[]): Collector {
  const firsts = new Map<number, ProcessSample>();
  return {
    name: "figures of processes",
    async read({ t, sink }) {
      const put = (series: string, value: number | undefined) => {
        if (value !== undefined) sink.sample(t, series, value);
      };
      const readings = processes().map(async ({ nodeId, pid, before }) => {
        const process = await sampleProcess(pid);
        if (process === undefined) return;
        const first = before === true ? (firsts.get(pid) ?? process) : undefined;
        if (first !== undefined) firsts.set(pid, first);
        put(`node.${nodeId}.cpuSeconds`, process.cpuSeconds - (first?.cpuSeconds ?? 0));
        put(`node.${nodeId}.rssBytes`, process.rssBytes);
        const { bytesWritten } = process;
        if (bytesWritten === undefined) return;
        put(`node.${nodeId}.writtenBytes`, bytesWritten - (first?.bytesWritten ?? 0));
      });
      await Promise.all(readings);
      const machine = await sampleMachine();
      put("machine.busySeconds", machine?.busySeconds);
      put("machine.idleSeconds", machine?.idleSeconds);
      put("machine.ioWaitSeconds", machine?.ioWaitSeconds);
      put("machine.stealSeconds", machine?.stealSeconds);
    },
  };
}
