/** Every panel, in the order of their numbers: what players feel first. */
import type { PanelDefinition } from "../../metrics/panel.ts";
import { definedPanel } from "./defined-panel.ts";
import { generatorPanel } from "./generator-panel.ts";
import { latencyPanel } from "./latency-panel.ts";
import { linksPanel } from "./links-panel.ts";
import { loadPanel } from "./load-panel.ts";
import { nodesPanel } from "./nodes-panel.ts";
import type { Panel } from "./panel.ts";
import { eventsPanel, logPanel } from "./text-panels.ts";

export function panelsOf(
  actions: readonly string[],
  ofLanes: readonly PanelDefinition[],
): readonly Panel[] {
  const [first, ...others] = actions;
  return [
    ...(first === undefined ? [] : [latencyPanel(first)]),
    loadPanel,
    ...ofLanes.map(definedPanel),
    nodesPanel,
    eventsPanel,
    ...others.map(latencyPanel),
    generatorPanel,
    linksPanel,
    logPanel,
  ];
}
