/** Versions of hunt and of the engines as they are pinned in `native/*` and `package.json`. */
import { huntVersion, programVersion } from "../../engines/program-facts.ts";

export function versions(packageRoot: string): Record<string, string> {
  return {
    hunt: huntVersion(packageRoot),
    node: process.version,
    etcd: programVersion("etcd", packageRoot),
    toxiproxy: programVersion("toxiproxy", packageRoot),
    k6: programVersion("k6", packageRoot),
  };
}
