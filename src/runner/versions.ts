/** Versions of hunt and of the engines as they are pinned in `native/*` and `package.json`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const goModules = [
  { name: "etcd", module: "engines", requirement: "go.etcd.io/etcd/server/v3" },
  { name: "toxiproxy", module: "engines", requirement: "github.com/Shopify/toxiproxy/v2" },
  { name: "k6", module: "k6", requirement: "go.k6.io/k6/v2" },
] as const;

export function versions(packageRoot: string): Record<string, string> {
  const found: Record<string, string> = {
    hunt: packageVersion(packageRoot),
    node: process.version,
  };
  for (const { name, module, requirement } of goModules) {
    const text = readFileSync(join(packageRoot, "native", module, "go.mod"), "utf8");
    const line = text.split("\n").find((candidate) => candidate.includes(`${requirement} v`));
    found[name] =
      line
        ?.trim()
        .replace(/^require /, "")
        .split(" ")[1] ?? "unknown";
  }
  return found;
}

function packageVersion(packageRoot: string): string {
  const document: unknown = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const named = typeof document === "object" && document !== null && "version" in document;
  return named ? String(document.version) : "unknown";
}
