/** The snapshot proxy's process (docs/services.md). */
import { createServer } from "node:http";
import { EtcdCluster } from "../../etcd-client/etcd-cluster.ts";
import { adminRoutes, listen } from "../../service-kit/admin-routes.ts";
import {
  addressesFlag,
  addressFlag,
  choiceFlag,
  integerFlag,
  parseFlags,
  textFlag,
  withFallback,
} from "../../service-kit/flags.ts";
import {
  type RunningService,
  runService,
  type ServiceContext,
} from "../../service-kit/run-service.ts";
import { SecondHistograms } from "../../service-kit/second-histograms.ts";
import { StaleCache } from "../sabotage/stale-cache.ts";
import { deltaDesign } from "./designs/delta-sessions.ts";
import { logDesign } from "./designs/log-sessions.ts";
import { naiveDesign } from "./designs/naive-sessions.ts";
import { ProxyProcess } from "./proxy-process.ts";
import { GrpcReads } from "./serving/grpc-reads.ts";
import { httpReads } from "./serving/http-reads.ts";

const closeWithinMs = 2000;
const mb = 1024 * 1024;

await runService(start);

async function start({ argv, log }: ServiceContext): Promise<RunningService> {
  const flags = parseFlags(argv, {
    name: textFlag("proxy/NUMBER", /^proxy\/[1-9]\d{0,3}$/),
    listen: addressFlag(),
    grpc: withFallback(addressFlag(), undefined),
    etcd: addressesFlag(),
    design: choiceFlag(["naive", "delta", "log"]),
    "cache-mb": withFallback(integerFlag(1, 16_384), 200),
    sabotage: withFallback(choiceFlag(["stale-cache"]), undefined),
  });
  const etcd = new EtcdCluster({ endpoints: flags.etcd });
  const histograms = new SecondHistograms(["read"]);
  const cacheBytesMax = flags["cache-mb"] * mb;
  let struck = 0;
  const staleCache = (bytesMax: number) =>
    new StaleCache(bytesMax, () => {
      struck += 1;
    });
  if (flags.sabotage !== undefined) log.warn("sabotaged", { bug: flags.sabotage });
  const newCache = flags.sabotage === undefined ? undefined : staleCache;
  const designs = {
    naive: () => naiveDesign(cacheBytesMax),
    delta: () => deltaDesign(cacheBytesMax, newCache),
    log: () => logDesign(cacheBytesMax, newCache),
  };
  const design = designs[flags.design]();
  const proxy = new ProxyProcess({ etcd, design, log });
  const counters = {
    totals: { reads: 0, bytes: 0 },
    onRead: (us: number) => histograms.record("read", us),
  };
  let stopping = false;
  const admin = adminRoutes({
    health: () => (stopping ? { ready: false, waitingFor: "its end" } : proxy.health()),
    metrics: () => metrics(proxy, counters.totals),
    histograms,
  });
  const reads = httpReads(proxy, counters);
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/v1/") || !admin(request, response)) reads(request, response);
  });
  await listen(server, flags.listen);
  const grpc = flags.grpc && new GrpcReads(proxy, counters);
  await grpc?.listen(flags.grpc ?? flags.listen);
  etcd.start();
  proxy.start();
  log.info("started", { name: flags.name, listen: flags.listen, etcd: flags.etcd });
  return {
    stop: async () => {
      stopping = true;
      await Promise.all([closeWithin(server, closeWithinMs), grpc?.close(closeWithinMs)]);
      proxy.stop();
      if (flags.sabotage !== undefined) log.warn("struck", { times: struck });
      etcd.stop();
    },
  };
}

function metrics(proxy: ProxyProcess, totals: { reads: number; bytes: number }) {
  const { figures } = proxy;
  return [
    { name: "sessions_reads_total", value: totals.reads },
    { name: "sessions_read_bytes_total", value: totals.bytes },
    { name: "sessions_cache_states", value: figures.states },
    { name: "sessions_cache_bytes", value: figures.cacheBytes },
    { name: "sessions_cache_evictions_total", value: figures.evictions },
    { name: "sessions_cache_misses_total", value: figures.misses },
    { name: "sessions_tail_bytes", value: figures.tailBytes },
    { name: "sessions_warm", value: figures.warm ? 1 : 0 },
    { name: "sessions_staleness_seconds", value: figures.stalenessMs / 1000 },
    { name: "sessions_watch_restarts_total", value: figures.restarts },
    { name: "sessions_member_changes_total", value: figures.memberChanges },
  ];
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
