/** How each lane is judged; a new lane is one folder and one line here. Nothing of it starts a program of the lane. */
import type { LaneEvidence } from "../checkers/lane-evidence.ts";
import { sessionsEvidence } from "./sessions/evidence/sessions-evidence.ts";

export const laneEvidences: readonly LaneEvidence[] = [sessionsEvidence];
