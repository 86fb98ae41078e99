/** After the load: the tally of each player that the ledger names, as the service tells it. */
import { writeFile } from "node:fs/promises";
import { readCommonLedger } from "../../src/recording/files/ledger-format.ts";
import { laneFile, type RunFolder } from "../../src/recording/run-folder.ts";
import { encodeReads, type TallyRead } from "./tally-files.ts";

/** @returns what was read, in words. */
export async function tallyFinalReads(
  folder: RunFolder,
  address: string,
  signal: AbortSignal,
): Promise<string> {
  const players = new Set<number>();
  await readCommonLedger(laneFile(folder, "tally", "ledger"), {
    write: ({ player }) => players.add(player),
  });
  const reads: TallyRead[] = [];
  for (const player of players) {
    const response = await fetch(`http://${address}/read?player=${player}`, { signal });
    const { count } = (await response.json()) as { count: number };
    reads.push({ player, count });
  }
  await writeFile(laneFile(folder, "tally", "observed"), encodeReads(reads));
  return `${reads.length} tallies`;
}
