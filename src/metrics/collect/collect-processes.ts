/** Figures of nodes, of hunt itself and of the machine: what each cost. */
import type { Collector } from "./collector.ts";
import { type ProcessSample, sampleMachine, sampleProcess } from "./sources/proc.ts";

export interface WatchedProcess {
  /** `etcd/1`; `hunt` for hunt itself. */
  readonly nodeId: string;
  readonly pid: number;
  /** It was there before the run, so its counters are recorded from its first reading on. */
  readonly before?: boolean;
}

/** What a node costs, with all that descends from it. */
export interface WatchedTree {
  readonly nodeId: string;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  /** Undefined where it may not be read. */
  readonly bytesWritten: number | undefined;
}

/**
 * Series `node.<id>.cpuSeconds`, `.rssBytes` and `.writtenBytes`, and `machine.busySeconds`,
 * `.idleSeconds`, `.ioWaitSeconds` and `.stealSeconds`. Counters are recorded as they are.
 * @param processes Single ones, read from /proc. Asked before every reading, since they come and go; one
 * that is gone is a gap.
 * @param trees Nodes, as the runtime that has started them reads them.
 */
export function processCollector(
  processes: () => readonly WatchedProcess[],
  trees: () => Promise<readonly WatchedTree[]>,
): Collector {
  const firsts = new Map<number, ProcessSample>();
  return {
    name: "figures of processes",
    async read({ t, sink }) {
      const put = (series: string, value: number | undefined) => {
        if (value !== undefined) sink.sample(t, series, value);
      };
      const putTree = ({ nodeId, cpuSeconds, rssBytes, bytesWritten }: WatchedTree) => {
        put(`node.${nodeId}.cpuSeconds`, cpuSeconds);
        put(`node.${nodeId}.rssBytes`, rssBytes);
        put(`node.${nodeId}.writtenBytes`, bytesWritten);
      };
      const readings = processes().map(async ({ nodeId, pid, before }) => {
        const process = await sampleProcess(pid);
        if (process === undefined) return;
        const first = before === true ? (firsts.get(pid) ?? process) : undefined;
        if (first !== undefined) firsts.set(pid, first);
        const { cpuSeconds, rssBytes, bytesWritten } = process;
        const written =
          bytesWritten === undefined ? undefined : bytesWritten - (first?.bytesWritten ?? 0);
        putTree({
          ...{ nodeId, rssBytes, bytesWritten: written },
          cpuSeconds: cpuSeconds - (first?.cpuSeconds ?? 0),
        });
      });
      await Promise.all([...readings, trees().then((read) => read.forEach(putTree))]);
      const machine = await sampleMachine();
      put("machine.busySeconds", machine?.busySeconds);
      put("machine.idleSeconds", machine?.idleSeconds);
      put("machine.ioWaitSeconds", machine?.ioWaitSeconds);
      put("machine.stealSeconds", machine?.stealSeconds);
    },
  };
}
