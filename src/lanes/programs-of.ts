/** How the nodes of these lanes are started: every engine, and the lanes' own services. */
import { engines } from "../engines/programs/engines.ts";
import type { NodeProgram } from "../runtime/runtime.ts";
import type { Lane, ServiceFiles } from "./lane.ts";

export function programsOf(
  lanes: readonly Lane[],
  files: ServiceFiles,
): Readonly<Record<string, NodeProgram>> {
  const own = lanes.flatMap((lane) => Object.entries(lane.programs(files)));
  return { ...engines, ...Object.fromEntries(own) };
}
