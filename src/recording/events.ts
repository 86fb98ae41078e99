/**
 * `timeline.ndjson`, one event per line in the order in which they were written. `t` is in seconds
 * since the run's start (the first intended action), negative before it.
 */
export type TimelineEvent =
  | {
      readonly t: number;
      readonly kind: "phase";
      readonly phase: string;
      readonly state: "begin" | "end";
    }
  | {
      readonly t: number;
      readonly kind: "node";
      readonly node: string;
      readonly state: "starting" | "ready" | "stopping" | "exited" | "lost";
      readonly detail?: string;
    }
  | {
      readonly t: number;
      readonly kind: "leader";
      readonly cluster: string;
      readonly node: string;
      readonly term: number;
    }
  | {
      readonly t: number;
      readonly kind: "alert";
      readonly budget: string;
      readonly state: "fired" | "resolved";
      readonly observed: number;
    }
  | { readonly t: number; readonly kind: "note"; readonly text: string }
  /** One sample per second per series; `series` as `node.etcd/1.cpu` or `sessions.dig.ok`. */
  | {
      readonly t: number;
      readonly kind: "sample";
      readonly series: string;
      readonly value: number;
    };

export type TimelineEventKind = TimelineEvent["kind"];
