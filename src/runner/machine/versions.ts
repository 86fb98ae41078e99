/** Versions of hunt, and of the programs that it starts, as they are pinned in `native/*` and `package.json`. */
import { huntVersion, programVersion } from "../../engines/programs/program-facts.ts";
import type { Lane } from "../../lanes/lane.ts";

export function versions(
  packageRoot: string,
  lanes: readonly Pick<Lane, "engines">[],
): Record<string, string> {
  const programs = [...lanes.flatMap(({ engines }) => engines), "toxiproxy", "k6"] as const;
  return {
    hunt: huntVersion(packageRoot),
    node: process.version,
    ...Object.fromEntries(programs.map((name) => [name, programVersion(name, packageRoot)])),
  };
}
