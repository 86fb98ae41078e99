/** Every engine that a runtime starts and waits for, by the kind of its nodes. */
import type { NodeProgram } from "../runtime/runtime.ts";
import type { NodeKind } from "../topology/topology.ts";
import { etcd } from "./etcd.ts";
import { toxiproxy } from "./toxiproxy.ts";

export const engines = { etcd, toxiproxy } as const satisfies Partial<
  Record<NodeKind, NodeProgram>
>;
