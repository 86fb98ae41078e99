/** Figures of processes and of the machine from /proc: what each node cost, hunt itself included. */
import type { Collector } from "./collector.ts";
import { sampleMachine, sampleProcess } from "./proc.ts";

export interface WatchedProcess {
  /** `etcd/1`; `hunt` for hunt itself. */
  readonly nodeId: string;
  readonly pid: number;
}

/**
 * Series `node.<id>.cpuSeconds`, `.rssBytes` and `.writtenBytes`, and `machine.busySeconds`,
 * `.idleSeconds`, `.ioWaitSeconds` and `.stealSeconds`. Counters are recorded as they are.
 * @param processes Asked before every reading, since nodes come and go; a process that is gone is a gap.
 */
export function processCollector(processes: () => readonly WatchedProcess[]): Collector {
  return {
    name: "figures of processes",
    async read({ t, sink }) {
      const put = (series: string, value: number | undefined) => {
        if (value !== undefined) sink.sample(t, series, value);
      };
      const readings = processes().map(async ({ nodeId, pid }) => {
        const process = await sampleProcess(pid);
        put(`node.${nodeId}.cpuSeconds`, process?.cpuSeconds);
        put(`node.${nodeId}.rssBytes`, process?.rssBytes);
        put(`node.${nodeId}.writtenBytes`, process?.bytesWritten);
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
