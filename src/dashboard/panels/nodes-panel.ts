/** State, CPU and memory of every node. */
import { row, type Span } from "../look.ts";
import { quantity } from "../numbers.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Panel } from "./panel.ts";

export const nodesPanel: Panel = {
  title: "nodes",
  lines: ({ run, ...snapshot }, { look, width, height }) => {
    const dashboard = snapshot.value({ kind: "gauge", series: "node.dashboard.rssBytes" });
    const ids = [
      ...run.nodes.map(({ id }) => id),
      "k6/1",
      "hunt",
      ...(dashboard === null ? [] : ["dashboard"]),
    ];
    const head = row(look, width, [["node        state      cpu   memory  starts", "dim"]]);
    const rows = [...new Set(ids)].map((id) => {
      const cpu = snapshot.value({ kind: "rate", series: `node.${id}.cpuSeconds` });
      const rss = snapshot.value({ kind: "gauge", series: `node.${id}.rssBytes` });
      const { state, starts } = stateOf(snapshot, id);
      const seen = cpu !== null || rss !== null;
      const word = state ?? (seen ? "up" : "-");
      const colour = word === "lost" ? "red" : seen ? "green" : "dim";
      const spans: Span[] = [
        id.padEnd(12),
        [word.padEnd(8), colour],
        quantity(cpu, "share").padStart(7),
        quantity(rss, "bytes").padStart(8),
        `${starts}`.padStart(7),
      ];
      return row(look, width, spans);
    });
    return [head, ...rows].slice(0, height);
  },
};

/** A node that a fault took away is back when the fault's targets serve again. */
function stateOf({ events, faults }: Pick<Snapshot, "events" | "faults">, id: string) {
  const own = events.filter((event) => event.kind === "node" && event.node === id);
  const last = own.at(-1);
  const again = own.filter((event) => event.kind === "node" && event.state === "ready").length;
  const exits = own.filter((event) => event.kind === "node" && event.state === "exited");
  const healed = faults.flatMap(({ targets, endedS }) =>
    endedS !== undefined && targets.includes(id) ? [endedS] : [],
  );
  const restarts = exits.filter(({ t }) => healed.some((endedS) => endedS >= t)).length;
  const back = last !== undefined && healed.some((endedS) => endedS >= last.t);
  return {
    state: last?.kind === "node" && !back ? last.state : undefined,
    starts: Math.max(1, again) + restarts,
  };
}
