/** The session gateway's process (docs/services.md). */
import { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { adminRoutes, startAdminServer } from "../../service-kit/admin-routes.ts";
import { parseFlags } from "../../service-kit/flags.ts";
import {
  type RunningService,
  runService,
  type ServiceContext,
} from "../../service-kit/run-service.ts";
import { SecondHistograms } from "../../service-kit/second-histograms.ts";
import { omittedRule, type PlantedBug, SabotagedWriter } from "../sabotage/sabotaged-writer.ts";
import { SkippedFencing } from "../sabotage/skipped-fencing.ts";
import { GatewayFigures } from "./gateway-figures.ts";
import { gatewayFlags, intactWriter } from "./intact-writer.ts";
import { PlayServer } from "./play-server.ts";
import type { SessionWriter } from "./session-writer.ts";

/** Of the 3 s that a service has to stop, the writer takes most. */
const closeWithinMs = 400;

await runService(start);

async function start({ argv, log, fatal }: ServiceContext): Promise<RunningService> {
  const flags = parseFlags(argv, gatewayFlags);
  const histograms = new SecondHistograms(["raft_commit", "batch_wait"]);
  const figures = new GatewayFigures();
  const etcd = new EtcdCluster({
    endpoints: flags.etcd,
    onWrite: ({ outcome, durationUs }) => {
      if (outcome === "ok") histograms.record("raft_commit", durationUs);
    },
  });
  const skippedFencing = skippedFencingOf(flags.sabotage, flags.name);
  const intact = intactWriter(flags, {
    etcd,
    counters: figures.writer,
    omit: omittedRule(flags.sabotage),
    skippedFencing,
    onBatchWait: (waitUs) => histograms.record("batch_wait", waitUs),
    log: (level, event, facts) => log[level](event, facts),
    onPanic: (reason) => fatal("invariant-broken", { reason }),
  });
  const writer = sabotaged(flags.sabotage, intact, etcd, log);
  const server = new PlayServer({
    ...flags.listen,
    writer,
    onDelivered: (operations) => figures.delivered(operations),
    onDropped: (reason, peer) => log.warn("stream-dropped", { reason, peer }),
  });
  let stopping = false;
  const admin = await startAdminServer(
    flags.admin,
    adminRoutes({
      health: () => (stopping ? { ready: false, waitingFor: "its end" } : writer.health()),
      metrics: () => figures.metrics(server.streams),
      histograms,
    }),
  );
  await server.listen();
  etcd.start();
  await writer.start();
  log.info("started", { name: flags.name, listen: flags.listen, etcd: flags.etcd });
  return {
    stop: async () => {
      stopping = true;
      await writer.stop();
      await server.close(closeWithinMs);
      const struck = strikes(writer, skippedFencing);
      if (struck !== undefined) log.warn("struck", { times: struck });
      etcd.stop();
      admin.closeAllConnections();
      admin.close();
    },
  };
}

function skippedFencingOf(bug: PlantedBug | undefined, name: string) {
  return bug === "skip-fencing" ? new SkippedFencing(name) : undefined;
}

/** How often the bug struck, where that can be counted. */
function strikes(writer: SessionWriter, fencing: SkippedFencing | undefined): number | undefined {
  return writer instanceof SabotagedWriter ? writer.struck : fencing?.struck;
}

function sabotaged(
  bug: PlantedBug | undefined,
  intact: SessionWriter,
  etcd: EtcdCluster,
  log: ServiceContext["log"],
): SessionWriter {
  if (bug === undefined) return intact;
  log.warn("sabotaged", { bug });
  if (omittedRule(bug) !== undefined || bug === "skip-fencing") return intact;
  const writer = new SabotagedWriter(bug, intact);
  etcd.onLeaderChange(() => writer.leaderChanged());
  return writer;
}
