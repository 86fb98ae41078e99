/** The flags of every lane, by its id: apart from the lanes, so that `--help` loads none of them. A new lane is one line here. */
import type { LaneFlag } from "./lane-flag.ts";
import { sessionsFlags } from "./sessions/settings/flags.ts";

export const laneFlags: Readonly<Record<string, readonly LaneFlag[]>> = {
  sessions: sessionsFlags,
};
