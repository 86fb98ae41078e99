/** A load plan as the sessions lane of the generator reads it (docs/swarm-protocol.md). */
import { defaultKeepAliveS, defaultShares, type LoadPlan } from "../../load/plan/load-plan.ts";
import type { Targets, WireLane } from "../../load/plan/plan-file.ts";
import { playerNetworks } from "../../load/plan/player-networks.ts";
import type { NetworkName } from "../../topology/networks.ts";
import type { WireLaneOptions } from "../lane.ts";

export function wireLane(plan: LoadPlan, options: WireLaneOptions): WireLane {
  const { rate, timeoutMs, readRatio, mix } = plan;
  const { keepAliveS = defaultKeepAliveS, readProtocol = "http", readOwnWrites = false } = plan;
  const { twoDeviceShare, auditedShare } = { ...defaultShares, ...plan };
  const behind = (network: NetworkName | undefined): Targets => ({
    gateways: options.nodes("gateway", "grpc", network),
    reads: options.nodes("proxy", readProtocol, network),
  });
  const networks = playerNetworks(plan).map(({ name }) => name);
  return {
    id: "sessions",
    design: options.design,
    rate,
    actions: { dig: { timeoutMs }, read: { timeoutMs } },
    targets: behind(networks[0]),
    targetsByNetwork: Object.fromEntries(networks.map((name) => [name, behind(name)])),
    ledger: options.ledgerFile,
    settings: {
      readRatio,
      mix,
      keepAliveS,
      readProtocol,
      readOwnWrites,
      twoDeviceShare,
      auditedShare,
    },
  };
}
