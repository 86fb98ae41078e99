/** Every engine that a runtime starts and waits for, by the kind of its nodes. */
import type { NodeProgram } from "../../runtime/runtime.ts";
import type { NodeKind } from "../../topology/topology.ts";
import { etcd } from "../etcd/etcd.ts";
import { nats } from "../nats/nats.ts";
import { postgres } from "../postgres/postgres.ts";
import { toxiproxy } from "../toxiproxy/toxiproxy.ts";
import { valkey } from "../valkey/valkey.ts";

export const engines = { etcd, nats, postgres, toxiproxy, valkey } as const satisfies Partial<
  Record<NodeKind, NodeProgram>
>;
