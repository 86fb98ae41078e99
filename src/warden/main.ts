/**
 * The warden: a process of its own that heals the faults of one hunt if that one can't.
 *
 *   HUNT_WARDEN_TASK='{...}' node main.js --of=PID
 *
 * File 3 is its connection to the keeper, which ends it with the backend. Exit code 0: nothing is left to heal.
 */
import { lanes } from "../lanes/lanes.ts";
import { standGuard } from "./stand-guard.ts";

await standGuard(lanes);
process.exit();
