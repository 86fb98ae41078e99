/** What a storm may do to sessions: one fault on etcd at a time leaves a quorum, and one on the services beside it. */
import type { StormTrack } from "../../faults/plan/storm.ts";
import type { TopologySettings } from "./settings/topology-settings.ts";

const anyMember = ["etcd/leader", "etcd/follower"];

export function sessionsStormTracks({
  gateways,
}: Pick<TopologySettings, "gateways">): readonly StormTrack[] {
  const services = [...Array.from({ length: gateways }, (_, i) => `gateway/${i + 1}`), "proxy/1"];
  return [
    {
      targets: {
        kill: anyMember,
        pause: anyMember,
        stop: anyMember,
        restart: anyMember,
        "leader-transfer": ["etcd/leader"],
        defragment: ["etcd/follower"],
        compact: ["etcd/follower"],
      },
      // A watcher that is a moment behind loses what is compacted: only for those who ask for it.
      onlyNamed: ["compact"],
    },
    { targets: { kill: services, pause: services, stop: services, restart: services } },
  ];
}
