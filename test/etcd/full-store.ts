/** For tests: fills an etcd up to its quota, and makes space again as an operator does. */
import type { EtcdCluster } from "../../src/reference-backend/etcd-client/etcd-cluster.ts";
import { EtcdError } from "../../src/reference-backend/etcd-client/etcd-error.ts";
import {
  AlarmRequest_AlarmAction,
  AlarmType,
  Maintenance,
} from "../../src/reference-backend/etcd-client/gen/etcdserverpb/rpc_pb.ts";

/** Writes until etcd refuses: it looks at its size only every 100 ms or so. */
export async function fillStore(etcd: EtcdCluster): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (performance.now() < deadlineMs) {
    try {
      await etcd.put({ key: Buffer.from("/filler"), value: Buffer.alloc(8192, 1) });
    } catch (error) {
      if (error instanceof EtcdError && error.code === "no-space") return;
      throw error;
    }
  }
  throw new Error("etcd is not full after 10 s of writes");
}

/** Compacts, defragments, disarms. */
export async function makeSpace(etcd: EtcdCluster): Promise<void> {
  const { connection } = await etcd.whenLeader(5000);
  const { header } = await etcd.range({ key: Buffer.from("/filler") });
  await etcd.compact({ revision: header?.revision ?? 0n, physical: true });
  const call = { deadlineMs: 5000 };
  await connection.unary(Maintenance.method.defragment, {}, call);
  const alarm = { action: AlarmRequest_AlarmAction.DEACTIVATE, alarm: AlarmType.NOSPACE };
  const memberID = header?.memberId ?? 0n;
  await connection.unary(Maintenance.method.alarm, { ...alarm, memberID }, call);
}
