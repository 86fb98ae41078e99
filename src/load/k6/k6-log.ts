import { z } from "zod";

const logLine = z.object({ level: z.string(), msg: z.string() });

/** A line of k6's JSON log as `level: message`; anything else as it is. */
export function readableLogLine(line: string): string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return line;
  }
  const parsed = logLine.safeParse(value);
  return parsed.success ? `${parsed.data.level}: ${parsed.data.msg}` : line;
}
