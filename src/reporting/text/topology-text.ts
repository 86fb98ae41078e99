/** The second line of a report: what the run was played at. */
import type { Summary } from "../../verdict/summary-document.ts";

/** Empty for a recording that does not know. With several lanes each says whose it is. */
export function topologyText(summary: Summary): string {
  const isAlone = Object.keys(summary.lanes).length === 1;
  const ofLanes = Object.entries(summary.lanes).flatMap(([lane, { settingsText }]) => {
    if (settingsText.length === 0) return [];
    const text = settingsText.join(", ");
    return [isAlone ? text : `${lane}: ${text}`];
  });
  const planted = sabotagesOf(summary).map((bug) => `SABOTAGED RUN: ${bug}`);
  return [...planted, ofLanes.join("; ")].filter((text) => text !== "").join(", ");
}

/** Bugs that were planted on purpose. */
export function sabotagesOf({ lanes }: Summary): string[] {
  return Object.values(lanes).flatMap(({ settings: { sabotage } }) =>
    typeof sabotage === "string" ? [sabotage] : [],
  );
}
