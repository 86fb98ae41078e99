/**
 * How k6 is started as the swarm's host, and what its end means. Thresholds, summary and usage report
 * are off: hunt owns the verdict. The control interface has no authentication, so it listens on
 * loopback, on a port of its own.
 */
import type { NodeCommand, NodeExit } from "../../runtime/runtime.ts";

export interface K6CommandOptions {
  readonly binary: string;
  /** `swarm.js`. */
  readonly script: string;
  readonly planFile: string;
  /** k6 reads and writes its settings below it. */
  readonly homeDir: string;
  /** `127.0.0.1:<port>` of the control interface. */
  readonly apiAddress: string;
  /** Value of `--out`. */
  readonly output: string;
}

export function k6Command(options: K6CommandOptions): NodeCommand {
  return {
    program: options.binary,
    args: [
      "run",
      "--paused",
      "--quiet",
      "--no-color",
      "--log-format=json",
      "--summary-mode=disabled",
      "--no-thresholds",
      "--no-usage-report",
      "--address",
      options.apiAddress,
      "--out",
      options.output,
      options.script,
    ],
    env: {
      HUNT_PLAN: options.planFile,
      HOME: options.homeDir,
      XDG_CONFIG_HOME: options.homeDir,
      // Otherwise a k6 without our extension would fetch another binary and run that instead.
      K6_AUTO_EXTENSION_RESOLUTION: "false",
      K6_NO_USAGE_REPORT: "true",
    },
  };
}

/** What k6's end says, for a sentence that begins with "k6"; undefined when it ended well. */
export function k6Failure(exit: Pick<NodeExit, "code" | "signal">): string | undefined {
  if (exit.signal !== undefined) return `was killed by ${exit.signal}`;
  if (exit.code === 0) return undefined;
  const meaning = exit.code === undefined ? undefined : meanings[exit.code];
  return `ended with code ${exit.code ?? "unknown"} (${meaning ?? "not a code of k6"})`;
}

/** Code 99, a crossed threshold, can't happen: there are none. */
const meanings: Readonly<Record<number, string>> = {
  100: "its setup took too long",
  101: "its teardown took too long",
  102: "a time limit passed",
  103: "stopped over its control interface",
  104: "its configuration is wrong",
  105: "stopped by a signal",
  106: "its control interface can't listen",
  107: "an exception in the script",
  108: "the script ended the test",
  109: "a panic in its Go code",
  110: "the script marked the test as failed",
  255: "an error without a code of its own",
};
