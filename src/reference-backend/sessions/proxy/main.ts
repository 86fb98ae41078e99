/** The snapshot proxy's process (docs/services.md). */
import { createServer } from "node:http";
import { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { adminRoutes, listen, type ServiceHealth } from "../../service-kit/admin-routes.ts";
import {
  addressesFlag,
  addressFlag,
  choiceFlag,
  parseFlags,
  textFlag,
} from "../../service-kit/flags.ts";
import {
  type RunningService,
  runService,
  type ServiceContext,
} from "../../service-kit/run-service.ts";
import { SecondHistograms } from "../../service-kit/second-histograms.ts";
import { LOG_DESIGN } from "./log-index.ts";
import { naiveDesign } from "./naive-index.ts";
import { ReadServer } from "./read-server.ts";
import { StoreFollower } from "./store-follower.ts";

const CLOSE_WITHIN_MS = 2000;

await runService(start);

async function start({ argv, log }: ServiceContext): Promise<RunningService> {
  const flags = parseFlags(argv, {
    name: textFlag("proxy/NUMBER", /^proxy\/[1-9]\d{0,3}$/),
    listen: addressFlag(),
    etcd: addressesFlag(),
    design: choiceFlag(["naive", "log"]),
  });
  const etcd = new EtcdCluster({ endpoints: flags.etcd });
  const histograms = new SecondHistograms(["read"]);
  const follower = new StoreFollower({
    etcd,
    design: flags.design === "log" ? LOG_DESIGN : naiveDesign(),
    log,
    nowMs: () => performance.now(),
    onChange: (sessions) => reads.changed(sessions),
  });
  const reads = new ReadServer(follower, (us) => histograms.record("read", us));
  let stopping = false;
  const admin = adminRoutes({
    health: () => health(follower, stopping),
    metrics: () => [
      { name: "sessions_reads_total", value: reads.totals.reads },
      { name: "sessions_read_bytes_total", value: reads.totals.bytes },
      { name: "sessions_cached", value: follower.index?.size ?? 0 },
      { name: "sessions_staleness_seconds", value: follower.stalenessMs / 1000 },
      { name: "sessions_watch_restarts_total", value: follower.restarts },
    ],
    histograms,
  });
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/v1/") || !admin(request, response)) {
      reads.handle(request, response);
    }
  });
  await listen(server, flags.listen);
  etcd.start();
  follower.start();
  log.info("started", { name: flags.name, listen: flags.listen, etcd: flags.etcd });
  return {
    stop: async () => {
      stopping = true;
      await closeWithin(server, CLOSE_WITHIN_MS);
      await follower.stop();
      etcd.stop();
    },
  };
}

function health(follower: StoreFollower, stopping: boolean): ServiceHealth & { member?: string } {
  if (stopping) return { ready: false, waitingFor: "its end" };
  if (follower.index === undefined) {
    const why = follower.failure === undefined ? "" : ` (${follower.failure})`;
    return { ready: false, waitingFor: `its first load${why}` };
  }
  if (!follower.fresh) return { ready: false, waitingFor: "a heartbeat of a gateway" };
  return { ready: true, ...(follower.following && { member: follower.following }) };
}

/** Lets open requests finish, then cuts what is left. */
async function closeWithin(
  server: ReturnType<typeof createServer>,
  withinMs: number,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), withinMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
