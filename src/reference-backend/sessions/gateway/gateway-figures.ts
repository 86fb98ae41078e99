/** What a gateway counts, as `/metrics` shows it (docs/services.md). */
import type { Metric } from "../../service-kit/metrics.ts";
import { newWriterCounters } from "./session-writer.ts";

export class GatewayFigures {
  /** The writer counts into this. */
  readonly writer = newWriterCounters();
  #deliveredCount = 0;

  delivered(operations: number): void {
    this.#deliveredCount += operations;
  }

  metrics(streams: number): Metric[] {
    const { writer } = this;
    return [
      { name: "sessions_operations_delivered_total", value: this.#deliveredCount },
      { name: "sessions_operations_applied_total", value: writer.applied },
      { name: "sessions_operations_duplicate_total", value: writer.duplicate },
      { name: "sessions_operations_refused_total", value: writer.refused },
      { name: "sessions_operations_unknown_total", value: writer.unknown },
      { name: "sessions_records_total", value: writer.records },
      { name: "sessions_record_bytes_total", value: writer.recordBytes },
      { name: "sessions_queue_bytes", value: writer.queueBytes },
      { name: "sessions_streams", value: streams },
      { name: "sessions_takeovers_total", value: writer.takeovers },
      { name: "sessions_fenced_total", value: writer.fenced },
      { name: "sessions_closed_total", value: writer.closed },
      { name: "sessions_folds_total", value: writer.folds },
      { name: "sessions_base_bytes_total", value: writer.baseBytes },
      { name: "sessions_trimmed_records_total", value: writer.trimmedRecords },
      { name: "sessions_tail_bytes", value: writer.tailBytes },
      { name: "sessions_held", value: writer.held },
    ];
  }
}
