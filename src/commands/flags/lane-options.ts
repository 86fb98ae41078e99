/**
 * What commands register of the lanes: which of them play, and the flags of each in a group of its own. `--help` shows
 * those of one lane with `--lane ID`; without it, only that they are there.
 */
import { type Command, Help, Option } from "commander";
import { flagError } from "../../flag-values.ts";
import type { LaneFlag } from "../../lanes/lane-flag.ts";
import { laneFlags } from "../../lanes/lane-flags.ts";
import { flag } from "../registration.ts";

type CommandName = LaneFlag["commands"][number];

/** Which lanes play, and in which designs. */
export function lanesOptions(several: boolean): Option[] {
  return [
    flag(
      "--lanes <names>",
      several ? "lanes; default: the scenario's" : "lanes of the backend",
      "LANES",
    ).argParser(once("--lanes")),
    flag(
      several ? "--design <names>" : "--design <name>",
      several ? "designs (LANE=a,b); last is gated" : "design, or LANE=NAME",
      "DESIGN",
    ),
  ];
}

/** What shapes the backend, whatever the lane. */
export function backendOptions(): Option[] {
  return [
    flag("--links <kind>", "direct, proxied; else as needed", "LINKS"),
    // No variable and no line of a file: nobody sabotages a run without meaning to.
    new Option("--sabotage <bug>", "plant a bug in the services; list shows them"),
  ];
}

/** The flags of all lanes that the command has, each in the group of its lane. */
export function addLaneOptions(command: Command, name: CommandName): void {
  const ids = Object.keys(laneFlags);
  for (const id of ids) {
    for (const each of laneFlags[id] ?? []) {
      if (!each.commands.includes(name)) continue;
      const option = flag(each.flags, each.description, each.variable);
      command.addOption(option.helpGroup(groupOf(id)));
    }
  }
  command.addOption(
    new Option("--lane <name>", "with --help: the flags of this lane").choices(ids),
  );
  command.configureHelp({ visibleOptions: visibleTo });
  const left = ids.map((id) => `hunt ${name} --help --lane ${id}`).join(", ");
  command.addHelpText("after", ({ command: asked }) =>
    asked.opts()["lane"] === undefined ? `\nFlags of a lane: ${left}` : "",
  );
}

/** With `--lane`, that lane's alone; without it, those that belong to none. */
function visibleTo(this: Help, command: Command): Option[] {
  const lane: unknown = command.opts()["lane"];
  const groups = Object.keys(laneFlags).map(groupOf);
  const all: Option[] = Help.prototype.visibleOptions.call(this, command);
  return all.filter((option) => {
    const group = option.helpGroupHeading ?? "";
    return typeof lane === "string" ? group === groupOf(lane) : !groups.includes(group);
  });
}

function groupOf(lane: string): string {
  return `Flags of lane ${lane}:`;
}

/** A second one would silently take the place of the first. */
function once(name: string) {
  return (value: string, previous: string | undefined): string => {
    if (previous === undefined) return value;
    throw flagError(
      name,
      `it once, such as ${name} ${previous},${value}`,
      `${previous}" and "${value}`,
    );
  };
}
