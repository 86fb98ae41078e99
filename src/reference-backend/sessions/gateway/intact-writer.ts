/** The gateway's flags, and the writer of the design that they ask for. */
import {
  addressesFlag,
  addressFlag,
  choiceFlag,
  integerFlag,
  type parseFlags,
  textFlag,
  withFallback,
} from "../../service-kit/flags.ts";
import { DeltaWriter } from "../delta/delta-writer.ts";
import { LogWriter, type LogWriterOptions } from "../log/log-writer.ts";
import { NaiveWriter } from "../naive/naive-writer.ts";
import { plantedBugs } from "../sabotage/sabotaged-writer.ts";
import type { SessionWriter } from "./session-writer.ts";

export const gatewayFlags = {
  name: textFlag("gateway/NUMBER", /^gateway\/[1-9]\d{0,3}$/),
  listen: addressFlag(),
  admin: addressFlag(),
  etcd: addressesFlag(),
  design: choiceFlag(["naive", "delta", "log"]),
  gateways: integerFlag(1, 64),
  partitions: withFallback(integerFlag(1, 1024), undefined),
  "flush-ms": withFallback(integerFlag(0, 1000), undefined),
  "session-ttl-s": withFallback(integerFlag(1, 604_800), 1800),
  "tombstone-s": withFallback(integerFlag(1, 604_800), 600),
  "fold-tail-kb": withFallback(integerFlag(1, 8192), 4096),
  "compact-behind-s": withFallback(integerFlag(1, 86_400), 60),
  sabotage: withFallback(choiceFlag(plantedBugs), undefined),
};

/** Of all sessions together: what a dig waits, and how many commits three members pay for (docs/performance.md). */
const logFlushMs = 16;
/** Of one session. */
const deltaFlushMs = 100;

export function intactWriter(
  flags: ReturnType<typeof parseFlags<typeof gatewayFlags>>,
  surroundings: Pick<
    LogWriterOptions,
    "etcd" | "counters" | "omit" | "skippedFencing" | "onBatchWait" | "log" | "onPanic"
  >,
): SessionWriter {
  const { name, gateways } = flags;
  const address = `${flags.listen.host}:${flags.listen.port}`;
  const basics = { ...surroundings, name, address };
  const compactBehindMs = flags["compact-behind-s"] * 1000;
  switch (flags.design) {
    case "naive":
      return new NaiveWriter(basics);
    case "delta":
      return new DeltaWriter({
        ...basics,
        compactBehindMs,
        flushMs: flags["flush-ms"] ?? deltaFlushMs,
      });
    case "log":
      return new LogWriter({
        ...basics,
        gateways,
        partitions: flags.partitions ?? gateways,
        flushMs: flags["flush-ms"] ?? logFlushMs,
        lifetimes: {
          sessionTtlMs: flags["session-ttl-s"] * 1000,
          tombstoneMs: flags["tombstone-s"] * 1000,
        },
        limits: { foldTailBytes: flags["fold-tail-kb"] * 1024, compactBehindMs },
      });
  }
}
