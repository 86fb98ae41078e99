/**
 * Figures of our own services (docs/services.md): counters and gauges as series `node.<id>.<figure>`,
 * and their histograms, which they keep by second of the monotonic clock, as series by run second.
 */
import { z } from "zod";
import type { Collector, Reading } from "./collector.ts";
import { fetchText } from "./sources/fetch-text.ts";
import { parsePrometheusText, totalOf } from "./sources/prometheus-text.ts";

export interface ServiceCollectorOptions {
  readonly nodeId: string;
  /** `host:port` of its admin routes. */
  readonly address: string;
  /** Metric of the service by figure of the node. */
  readonly figures: Readonly<Record<string, string>>;
  /** Series of the recording by histogram of the service; several nodes may add to one series. */
  readonly histograms: Readonly<Record<string, string>>;
}

export function serviceCollector(options: ServiceCollectorOptions): Collector {
  const { nodeId, address, figures } = options;
  const wanted = new Set(Object.values(figures));
  // The service keeps ten seconds: after a gap the missing ones are fetched with the next reading.
  let lastSecond = 0;
  return {
    name: `figures of ${nodeId}`,
    async read(reading) {
      const [metrics, histograms] = await Promise.all([
        fetchText(`http://${address}/metrics`, reading.signal),
        fetchText(`http://${address}/histograms?after=${lastSecond}`, reading.signal),
      ]);
      const samples = parsePrometheusText(metrics, wanted);
      for (const [figure, name] of Object.entries(figures)) {
        const value = totalOf(samples, name);
        if (value !== undefined) reading.sink.sample(reading.t, `node.${nodeId}.${figure}`, value);
      }
      for (const second of histogramAnswer.parse(JSON.parse(histograms)).seconds) {
        if (second.atMonotonicS <= lastSecond) continue;
        lastSecond = second.atMonotonicS;
        record(second, options.histograms, reading);
      }
    },
  };
}

const histogramSecond = z.object({
  atMonotonicS: z.int().min(0),
  histograms: z.record(z.string(), z.base64()),
});

const histogramAnswer = z.object({
  unit: z.literal("us"),
  seconds: z.array(histogramSecond).max(60),
});

function record(
  second: z.infer<typeof histogramSecond>,
  seriesOf: Readonly<Record<string, string>>,
  { startMs, sink }: Reading,
): void {
  // The load driver starts runs on whole seconds of that clock, so rounding only guards against others.
  const runSecond = Math.round(second.atMonotonicS - startMs / 1000);
  if (runSecond < 0) return;
  for (const [name, hdr] of Object.entries(second.histograms)) {
    const series = seriesOf[name];
    if (series !== undefined) sink.histogram(series, runSecond, hdr);
  }
}
