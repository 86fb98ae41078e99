/**
 * `latency.hlog`: an HdrHistogram log in the standard V2 format, which other HdrHistogram tools read
 * as well. One line is one histogram of one second and one tag:
 *
 *   Tag=sessions.read.response,12.000,1.000,48.127,HISTFAAA...
 *
 * The start is the run second of the intended start, the interval always 1 s, the third column
 * the largest value in milliseconds. Later lines for an earlier second add to it. The comment
 * `#[Frame: 12]` follows what came in with the generator's second 12 (`frame-replay.ts`).
 */

export interface LatencyLine {
  readonly series: string;
  readonly second: number;
  /** HdrHistogram V2, compressed, base64; microseconds. */
  readonly hdr: string;
}

/** The head of a log. `startUnixMs`: the moment of run second 0. */
export function latencyLogHead(startUnixMs: number): string {
  const seconds = (startUnixMs / 1000).toFixed(3);
  const date = new Date(startUnixMs).toISOString();
  return (
    "#[Histogram log format version 1.3]\n" +
    `#[StartTime: ${seconds} (seconds since epoch), ${date}]\n` +
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n'
  );
}

/** Undefined for comments, the legend and blank lines. @throws Error for anything else unreadable. */
export function parseLatencyLine(text: string): LatencyLine | undefined {
  if (text === "" || text.startsWith("#") || text.startsWith('"')) return undefined;
  const [tag, start, , , hdr] = text.split(",");
  const second = Number(start);
  if (tag === undefined || !tag.startsWith("Tag=") || !Number.isInteger(second) || !hdr) {
    throw new Error(`not a tagged histogram of a whole second: ${text.slice(0, 60)}`);
  }
  return { series: tag.slice("Tag=".length), second, hdr };
}

/** The comment behind what the generator handed over with run second `second`. */
export function formatFrameMark(second: number): string {
  return `#[Frame: ${second}]\n`;
}

/** Undefined for any other line. */
export function parseFrameMark(text: string): number | undefined {
  const second = /^#\[Frame: (\d+)\]$/.exec(text)?.[1];
  return second === undefined ? undefined : Number(second);
}
