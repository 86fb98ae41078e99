/** Every built-in scenario; a new one is one file and one line here. */
import { smoke, soak, steady } from "./constant-load.ts";
import type { Scenario } from "./scenario.ts";
import { starlightRush } from "./starlight-rush.ts";

export const scenarios: readonly Scenario[] = [starlightRush, smoke, steady, soak];

export const defaultScenarioName = starlightRush.name;
