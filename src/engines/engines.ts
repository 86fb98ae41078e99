/**
 * Every engine that a runtime starts and waits for, by the kind of its nodes. PostgreSQL is missing: it needs a step
 * before its first start, a user other than root and a stop signal of its own, which the runtime can't give yet.
 */
import type { NodeProgram } from "../runtime/runtime.ts";
import type { NodeKind } from "../topology/topology.ts";
import { etcd } from "./etcd.ts";
import { nats } from "./nats.ts";
import { toxiproxy } from "./toxiproxy.ts";
import { valkey } from "./valkey.ts";

export const engines = { etcd, nats, toxiproxy, valkey } as const satisfies Partial<
  Record<NodeKind, NodeProgram>
>;
