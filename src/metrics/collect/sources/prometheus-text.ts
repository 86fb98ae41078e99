/**
 * The Prometheus text format, as far as it is needed to read our services and engines: counters, gauges
 * and classic histograms. Only the names that are asked for are parsed, since some answer 160 KB.
 */

export interface PrometheusSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples by name. A name without samples is absent. */
export type PrometheusSamples = ReadonlyMap<string, readonly PrometheusSample[]>;

/** @throws Error when a line of a wanted name can't be read. */
export function parsePrometheusText(text: string, wanted: ReadonlySet<string>): PrometheusSamples {
  const samples = new Map<string, PrometheusSample[]>();
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    // Most of the 2,000 lines are not wanted: only their names are looked at.
    const name = text.slice(start, nameEnd(text, start, end));
    if (!wanted.has(name)) continue;
    const line = text.slice(start, end);
    const sample = parseLine(name, line);
    const known = samples.get(name);
    if (known === undefined) samples.set(name, [sample]);
    else known.push(sample);
  }
  return samples;
}

/** Where the name that begins at `start` ends: before `{` or a space. Comments have no wanted name. */
function nameEnd(text: string, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    const letter = text.charCodeAt(at);
    if (letter === openBrace || letter === space) return at;
  }
  return end;
}

const openBrace = 0x7b;
const space = 0x20;

/** The sum over all label sets, or undefined when there is no such metric. */
export function totalOf(samples: PrometheusSamples, name: string): number | undefined {
  return samples.get(name)?.reduce((sum, sample) => sum + sample.value, 0);
}

export interface Bucket {
  /** Upper bound, included; the last one is Infinity. */
  readonly le: number;
  /** Observations up to it since the start of the process. */
  readonly count: number;
}

/**
 * The cumulative buckets of a histogram, in order, summed over the label sets that fit `where`; empty
 * when there are none.
 */
export function bucketsOf(
  samples: PrometheusSamples,
  name: string,
  where: Readonly<Record<string, string>> = {},
): Bucket[] {
  const counts = new Map<number, number>();
  for (const { labels, value } of samples.get(`${name}_bucket`) ?? []) {
    if (Object.entries(where).some(([label, wanted]) => labels[label] !== wanted)) continue;
    const le = parseNumber(labels["le"] ?? "");
    counts.set(le, (counts.get(le) ?? 0) + value);
  }
  return [...counts]
    .map(([le, count]) => ({ le, count }))
    .sort((left, right) => left.le - right.le);
}

/**
 * The quantile of what was observed between two readings, interpolated within its bucket as
 * Prometheus does: no finer than the buckets are. Undefined when nothing was observed, or when the
 * process was restarted in between. Beyond the last finite bound the answer is that bound.
 */
export function quantileBetween(
  before: readonly Bucket[],
  after: readonly Bucket[],
  quantile: number,
): number | undefined {
  if (before.length !== after.length) return undefined;
  const grown = after.map(({ le, count }, index) => ({
    le,
    count: count - (before[index]?.count ?? 0),
  }));
  const total = grown.at(-1)?.count ?? 0;
  if (!(total > 0) || grown.some(({ count }) => count < 0)) return undefined;
  const rank = quantile * total;
  let lower: Bucket = { le: 0, count: 0 };
  for (const bucket of grown) {
    if (bucket.count >= rank) {
      if (bucket.le === Number.POSITIVE_INFINITY) return lower.le;
      const within = (rank - lower.count) / (bucket.count - lower.count);
      return lower.le + (bucket.le - lower.le) * within;
    }
    lower = bucket;
  }
  return undefined;
}

const linePattern = /^[^{ ]+(?:\{(?<labels>.*)\})? +(?<value>\S+)(?: +-?\d+)?$/;
const labelPattern = /(?<key>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>(?:\\.|[^"\\])*)",?/gy;

function parseLine(name: string, line: string): PrometheusSample {
  const groups = linePattern.exec(line.trimEnd())?.groups;
  const value = groups?.["value"];
  if (value === undefined) throw new Error(`not a line of Prometheus text: ${line.slice(0, 200)}`);
  return { name, labels: parseLabels(groups?.["labels"] ?? "", line), value: parseNumber(value) };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let readTo = 0;
  for (const match of text.matchAll(labelPattern)) {
    const { key = "", value = "" } = match.groups ?? {};
    labels[key] = value.replace(/\\(.)/g, (_, escaped: string) =>
      escaped === "n" ? "\n" : escaped,
    );
    readTo = match.index + match[0].length;
  }
  if (readTo !== text.length) throw new Error(`labels can't be read: ${line.slice(0, 200)}`);
  return labels;
}

function parseNumber(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  if (text === "" || (Number.isNaN(value) && text !== "NaN")) {
    throw new Error(`not a number of Prometheus text: ${text.slice(0, 50)}`);
  }
  return value;
}
