/** More of the worlds of simulation.test.ts, in a file of their own: two cores play them side by side. */
import { testWorlds } from "./test-worlds.ts";

testWorlds({ from: 1001, seeds: 1000 });
