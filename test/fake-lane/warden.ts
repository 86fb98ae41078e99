/** The warden of runs that play the fake lane, too. */
import { lanes } from "../../src/lanes/lanes.ts";
import { standGuard } from "../../src/warden/stand-guard.ts";
import { tallyLane } from "./tally-lane.ts";

await standGuard([...lanes, tallyLane]);
process.exit();
