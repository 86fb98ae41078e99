/** A service's log: one line of JSON per event (docs/services.md). */

export interface ServiceLog {
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
}

type LogFacts = Readonly<Record<string, unknown>>;

/** `write` gets whole lines with their newline. Errors become their message, bigints numbers. */
export function jsonLog(
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): ServiceLog {
  const log = (level: string, event: string, facts: LogFacts = {}): void => {
    const line = { at: now().toISOString(), level, event, ...facts };
    write(`${JSON.stringify(line, plainValue)}\n`);
  };
  return {
    info: (event, facts) => log("info", event, facts),
    warn: (event, facts) => log("warn", event, facts),
    error: (event, facts) => log("error", event, facts),
  };
}

function plainValue(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === "bigint" ? Number(value) : value;
}
