/**
 * A line of a node's log as a person reads it. Our services and most engines print JSON, each with names
 * of its own for the same things; anything else stays as it is.
 */

export interface LogWords {
  /** Empty for a line that has none. */
  readonly level: string;
  readonly message: string;
  /** `owner=proxy/1`, what went wrong first. */
  readonly facts: readonly string[];
  /** Unix milliseconds; undefined for a line that tells no time. */
  readonly atMs: number | undefined;
}

/** Told elsewhere on the screen, or of no use to an operator. */
const leftOut: ReadonlySet<string> = new Set([
  ...["level", "at", "ts", "time", "msg", "event", "message"],
  ...["caller", "logger", "stacktrace", "name", "local-member-id", "cluster-id"],
]);
const factLengthMax = 60;
const first: ReadonlySet<string> = new Set(["error", "detail", "reason"]);

export function logWords(line: string): LogWords {
  const fields = fieldsOf(line);
  if (fields === undefined) return { level: "", message: line, facts: [], atMs: undefined };
  const text = (...names: readonly string[]) => {
    const found = names.map((name) => fields[name]).find((value) => typeof value === "string");
    return typeof found === "string" ? found : "";
  };
  const atMs = Date.parse(text("at", "ts", "time"));
  const facts = Object.entries(fields)
    .filter(([name]) => !leftOut.has(name))
    .flatMap(([name, value]) => {
      if (value === null || typeof value === "object") return [];
      const shown = String(value);
      return shown.length > factLengthMax && !first.has(name) ? [] : [[name, shown] as const];
    })
    .toSorted(([left], [right]) => Number(first.has(right)) - Number(first.has(left)));
  // A proxy tells of many links; of a node the panel says already which one it is.
  const name = /->/.test(text("name")) ? [`${text("name")}`] : [];
  return {
    level: text("level"),
    message: text("msg", "event", "message").trim(),
    facts: [...name, ...facts.map(([key, value]) => `${key}=${value}`)],
    atMs: Number.isNaN(atMs) ? undefined : atMs,
  };
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
