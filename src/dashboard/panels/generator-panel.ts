/** The generator's own health: a starved generator must not be read as a slow backend. */
import type { PanelSource } from "../../metrics/panel.ts";
import { quantity } from "../charts/numbers.ts";
import { row } from "../frame/look.ts";
import { chartLines, type Panel } from "./panel.ts";

export const generatorPanel: Panel = {
  title: "generator",
  lines: (snapshot, context) => {
    const { look, width, height } = context;
    const action = snapshot.wholeActions[0] ?? "";
    const lag: PanelSource = {
      kind: "percentile",
      series: `${action}.scheduleLag`,
      percentile: "p99",
    };
    const gauge = (name: string) => snapshot.value({ kind: "gauge", series: `generator.${name}` });
    const cpu = snapshot.value({ kind: "rate", series: "generator.cpuSeconds" });
    const lines = [
      row(look, width, [
        `schedule lag p99 ${quantity(snapshot.value(lag), "ms")}  cpu ${quantity(cpu, "share")}`,
      ]),
      row(look, width, [
        `frame queue ${quantity(gauge("queue"), "share")}  memory ${quantity(gauge("rssBytes"), "bytes")}`,
      ]),
    ];
    return [
      ...lines,
      ...chartLines(snapshot, context, {
        id: "generator",
        height: height - lines.length,
        lines: [{ values: snapshot.line(lag), colour: "cyan" }],
        axis: (value) => quantity(value, "ms"),
      }),
    ];
  },
};
