/** Draws a panel that a lane handed in as data. */
import type { PanelDefinition, PanelFigure } from "../../metrics/panel.ts";
import { quantity } from "../charts/numbers.ts";
import { type Colour, row, type Span } from "../frame/look.ts";
import { liveFindings } from "../model/live-findings.ts";
import { isAway } from "../model/node-state.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { chartLines, type Panel, type PanelContext } from "./panel.ts";

const lineColours: readonly Colour[] = ["green", "yellow", "magenta", "cyan"];

export function definedPanel(definition: PanelDefinition): Panel {
  return {
    title: definition.title,
    lines: (snapshot, context) => {
      const text = [
        ...tableLines(definition, snapshot, context),
        ...outcomeLines(definition, snapshot, context),
        ...factLines(definition, snapshot, context),
      ];
      const { chart } = definition;
      if (chart === undefined) return text.slice(0, context.height);
      const legend = row(
        context.look,
        context.width,
        chart.lines.map(({ label, source, unit }, index) => [
          `${label} ${quantity(snapshot.value(source), unit)}  `,
          lineColours[index] ?? "plain",
        ]),
      );
      const lines = [...text, legend].slice(0, context.height);
      return [
        ...lines,
        ...chartLines(snapshot, context, {
          id: definition.title,
          height: context.height - lines.length,
          lines: chart.lines.map(({ source }, index) => ({
            values: snapshot.line(source),
            colour: lineColours[index] ?? "plain",
          })),
          axis: (value: number) => quantity(value, chart.unit),
          logarithmic: chart.unit === "ms",
        }),
      ];
    },
  };
}

const nameWidth = 7;

/** Whole columns only, from the left: half a number is worse than none. Zoomed there is room for all. */
function fittingColumns(
  columns: readonly PanelFigure[],
  room: number,
  cell: (column: PanelFigure) => string,
): readonly PanelFigure[] {
  let left = room;
  return columns.filter((column) => {
    left -= cell(column).length;
    return left >= 0;
  });
}

function tableLines({ table }: PanelDefinition, snapshot: Snapshot, { look, width }: PanelContext) {
  if (table === undefined) return [];
  const cell = (text: string, { label, unit }: PanelFigure) =>
    unit === "leader" ? ` ${text.padEnd(8)}` : text.padStart(Math.max(6, label.length + 2));
  const columns = fittingColumns(table.columns, width - nameWidth, (column) => cell("", column));
  const head = columns.map((column) => cell(column.label, column)).join("");
  const nodes = snapshot.run.nodes.filter(({ kind }) => kind === table.nodeKind);
  return [
    row(look, width, [[`${"node".padEnd(nameWidth)}${head}`, "dim"]]),
    ...nodes.map(({ id }) => {
      // What a node said last is held for a moment; of one that is dead it would be a lie.
      const seen = columns.some(({ source }) => snapshot.value(source, id) !== null);
      const away = isAway(snapshot, id, seen);
      const values = columns.map((column) => {
        const value = away ? null : snapshot.value(column.source, id);
        const text = away && column.unit === "leader" ? "away" : quantity(value, column.unit);
        return { column, text };
      });
      const leads = values.some(({ text }) => text === "leader");
      const text = values.map((each) => cell(each.text, each.column)).join("");
      return row(look, width, [[`${id.padEnd(nameWidth)}${text}`, leads ? "bold" : "plain"]]);
    }),
  ];
}

function outcomeLines(
  { outcomesOf, checks }: PanelDefinition,
  snapshot: Snapshot,
  { look, width }: PanelContext,
): string[] {
  if (outcomesOf === undefined) return [];
  const { ok, fail, unknown } = snapshot.totals(outcomesOf);
  const [lane = ""] = outcomesOf.split(".");
  const all = snapshot.outcome?.guarantees ?? [];
  const checked = all.filter((guarantee) => (guarantee.lane ?? lane) === lane);
  return [
    row(look, width, [
      [`acknowledged ${ok}`, "green"],
      [`  fail ${fail}`, fail > 0 ? "yellow" : "dim"],
      [`  unknown ${unknown}`, unknown > 0 ? "yellow" : "dim"],
    ]),
    ...(checked.length === 0
      ? liveLines(snapshot, checks).map((spans) => row(look, width, spans))
      : checked.map(({ id, outcome, violations }) => {
          const colour = outcome === "held" ? "green" : outcome === "broken" ? "red" : "yellow";
          const times = outcome === "broken" ? ` (${violations})` : "";
          return row(look, width, [[`${outcome}${times}`.padEnd(8), colour], ` ${id}`]);
        })),
  ];
}

function liveLines(snapshot: Snapshot, checks: string | undefined): Span[][] {
  const found = checks === undefined ? undefined : liveFindings(snapshot, checks);
  if (found === undefined) return [[["lost, twice: checked after the load", "dim"]]];
  const { lost, twice, order, others, delivered, upToS } = found;
  const bound = twice === 0 && delivered !== null ? rateBelow(delivered) : "";
  const rest = others === null || others === 0 ? "" : `  OTHER ${others}`;
  const until = upToS === null ? "" : `checked up to t=${Math.max(0, Math.floor(upToS))}s`;
  return [
    [
      figure("lost", lost),
      figure("  twice", twice),
      [bound, "dim"],
      figure("  order", order),
      [rest, "red"],
    ],
    lost === null
      ? [[`not known${until === "" ? "" : `; ${until}`}`, "yellow"]]
      : [[`${until} of the log`, "dim"]],
  ];
}

function figure(label: string, value: number | null): Span {
  if (value === null) return [`${label} ?`, "yellow"];
  return value > 0 ? [`${label.toUpperCase()} ${value}`, "red"] : [`${label} 0`, "green"];
}

/** With none in n the true rate is below 3/n, at 95 %. */
function rateBelow(n: number): string {
  return n === 0 ? "" : ` (<${Number((300 / n).toPrecision(2))}%)`;
}

function factLines({ facts }: PanelDefinition, snapshot: Snapshot, { look, width }: PanelContext) {
  return (facts ?? []).map(({ label, source, unit }) =>
    row(look, width, [[quantity(snapshot.value(source), unit).padStart(8), "bold"], ` ${label}`]),
  );
}
