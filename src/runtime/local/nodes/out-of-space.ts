/**
 * Whether a node ended since its disk was full. An engine says so once, and then prints a stack trace that is longer
 * than what is shown of its last lines.
 */
import { readLastLines } from "./log-tail.ts";

const searchedLines = 100;
const saysSo = /no space left on device|ENOSPC|disk quota exceeded/i;
const shownMax = 200;

/** In the node's own words, without the trace; undefined when it says nothing of the kind. */
export async function outOfSpaceWords(logPath: string): Promise<string | undefined> {
  const lines = await readLastLines(logPath, searchedLines);
  const line = lines.find((each) => saysSo.test(each));
  const found = saysSo.exec(line ?? "");
  if (line === undefined || found === null) return undefined;
  // What led to it is before it; a trace is behind it.
  return line.slice(0, found.index + found[0].length).slice(-shownMax);
}
