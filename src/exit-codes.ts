/** Every exit code of hunt, as `docs/exit-codes.md` and design section 5 list them. */
export const exitCodes = {
  pass: 0,
  bug: 1,
  usage: 2,
  environment: 3,
  inconclusive: 4,
  broken: 5,
  breach: 99,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit code of a hunt that a signal ended, once it has cleaned up. */
export function signalExitCode(signal: "SIGINT" | "SIGTERM" | "SIGHUP"): ExitCode {
  return signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
}
