/** Every lane; a new one is one folder and one line here. */
import type { Lane } from "./lane.ts";
import { sessionsLane } from "./sessions/sessions-lane.ts";

export const lanes: readonly Lane[] = [sessionsLane];
