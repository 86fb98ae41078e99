/**
 * A service's process: flags in, start, serve until SIGTERM or SIGINT, stop within a bound. A wrong
 * flag ends it with 2, anything else that it cannot handle with 1; either says so in one line.
 */
import { FlagError } from "./flags.ts";
import { jsonLog, type ServiceLog } from "./json-log.ts";

const stopWithinMs = 3000;

export interface RunningService {
  /** Finishes what it has; called once. */
  stop(): Promise<void>;
}

export interface ServiceContext {
  readonly argv: readonly string[];
  readonly log: ServiceLog;
  /** An invariant is broken: says why and ends the process at once, acknowledging nothing more. */
  fatal(event: string, facts: Readonly<Record<string, unknown>>): never;
}

export async function runService(
  start: (context: ServiceContext) => Promise<RunningService>,
): Promise<void> {
  const log = jsonLog((line) => process.stdout.write(line));
  const fatal: ServiceContext["fatal"] = (event, facts) => {
    log.error(event, facts);
    process.exit(1);
  };
  process.on("uncaughtException", (error) => fatal("crashed", { error, stack: error.stack }));
  const stopAsked = new Promise<string>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  try {
    const service = await start({ argv: process.argv.slice(2), log, fatal });
    log.info("stopping", { signal: await stopAsked });
    const timer = setTimeout(() => fatal("stop-late", { withinMs: stopWithinMs }), stopWithinMs);
    await service.stop();
    clearTimeout(timer);
    log.info("stopped");
    process.exit(0);
  } catch (error) {
    if (error instanceof FlagError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(2);
    }
    fatal("start-failed", { error });
  }
}
