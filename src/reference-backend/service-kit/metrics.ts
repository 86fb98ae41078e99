/** Prometheus text of a service, and the figures that every service has (docs/services.md). */
import { monitorEventLoopDelay } from "node:perf_hooks";

export interface Metric {
  readonly name: string;
  /** "_total" names are counters, the rest gauges. */
  readonly value: number;
}

export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, value }) => {
      const type = name.endsWith("_total") ? "counter" : "gauge";
      return `# TYPE ${name} ${type}\n${name} ${value}\n`;
    })
    .join("");
}

/** Reads CPU, memory and event loop delay of this process; the delay is that since the last read. */
export function processMetrics(): () => Metric[] {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  return () => {
    const cpu = process.cpuUsage();
    const delayP99S = delay.count > 0 ? delay.percentile(99) / 1e9 : 0;
    delay.reset();
    return [
      { name: "process_cpu_seconds_total", value: (cpu.user + cpu.system) / 1e6 },
      { name: "process_resident_memory_bytes", value: process.memoryUsage.rss() },
      { name: "nodejs_eventloop_delay_p99_seconds", value: delayP99S },
    ];
  };
}
