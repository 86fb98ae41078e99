/** What each key does, and the command line that does the same. */

/** The commands of this run; null: no command does it. */
export interface SameAsCommands {
  /** The run's folder, as the operator would write it. */
  readonly folder: string;
  readonly runId: string;
  readonly inject: string | null;
  readonly heal: string | null;
  /** What `q` does, and the command. */
  readonly quit: { readonly does: string; readonly command: string | null };
}

const keyWidth = 16;
const whatWidth = 31;

/** Within 78 columns and 17 lines, for a terminal of 80x24. */
export function helpLines({
  folder,
  runId,
  inject,
  heal,
  quit,
}: SameAsCommands): readonly string[] {
  const report = "hunt report RUN --format html";
  const rows: readonly (readonly [string, string, string | null])[] = [
    ["1-9, Tab", "focus a panel", null],
    ["Enter, z, Esc", "zoom it, and back", report],
    ["Space, e", "hold the view; newest second", null],
    ["< > arrows, + -", "move and zoom in time", report],
    ["/", "filter the log (Esc clears)", "grep -i TEXT RUN/logs/*.log"],
    ["y", "copy the panel (OSC 52)", "hunt report RUN, of the run"],
    ["m", "a note on the timeline", null],
    ["f", "break something; dry run first", inject],
    ["h", "heal all faults", heal],
    ["q, Ctrl-C", quit.does, quit.command],
  ];
  const line = (key: string, what: string, same: string) =>
    `${key.padEnd(keyWidth)}${what.padEnd(whatWidth)}${same}`;
  return [
    line("key", "what", "same as (-: no such command)"),
    ...rows.map(([key, what, same]) => line(key, what, same ?? "-")),
    `RUN: ${folder.length < 60 ? folder : runId}`,
    "Marks: x fault  o healed  # failed  v node lost  ^ serves again",
    "       * leader change  ! alert  + resolved  A alarm  d disk  X violation",
    "       ~ still open. Shaded: a fault, or a node away. Dashed: the budget.",
  ];
}
