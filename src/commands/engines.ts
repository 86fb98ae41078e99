/** `hunt engines`: the programs that hunt starts, where they come from and whether they are built. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { type BinaryName, binaryFile } from "../engines/binaries.ts";
import type { Environment } from "../environment.ts";
import { versions } from "../runner/versions.ts";
import { plainTable } from "./plain-table.ts";

interface EngineFacts {
  readonly name: string;
  readonly kind: "engine" | "tool" | "service";
  readonly version: string;
  /** What it is built from. */
  readonly source: string;
  readonly path: string;
  readonly built: boolean;
  readonly bytes: number | null;
}

const binaries: Readonly<
  Record<BinaryName, Pick<EngineFacts, "kind" | "source"> & { readonly versionOf: string }>
> = {
  etcd: { kind: "engine", versionOf: "etcd", source: "native/engines" },
  etcdctl: { kind: "tool", versionOf: "etcd", source: "native/engines" },
  etcdutl: { kind: "tool", versionOf: "etcd", source: "native/engines" },
  toxiproxy: { kind: "engine", versionOf: "toxiproxy", source: "native/engines" },
  k6: { kind: "engine", versionOf: "k6", source: "native/k6" },
  firewall: { kind: "tool", versionOf: "hunt", source: "native/tools" },
  keeper: { kind: "tool", versionOf: "hunt", source: "native/tools" },
  linearize: { kind: "tool", versionOf: "hunt", source: "native/tools" },
  disk: { kind: "tool", versionOf: "hunt", source: "native/tools" },
  neighbour: { kind: "tool", versionOf: "hunt", source: "native/tools" },
  sockets: { kind: "tool", versionOf: "hunt", source: "native/tools" },
};

const services = ["gateway", "proxy"];

export function enginesCommand(environment: Environment, flags: { json?: boolean }): void {
  const known = versions(environment.packageRoot);
  const list = [
    ...Object.entries(binaries).map(([name, { kind, source, versionOf }]) =>
      described(binaryFile(name, environment.variables), {
        name,
        kind,
        version: known[versionOf] ?? "unknown",
        source,
      }),
    ),
    ...services.map((name) => {
      const place = join("reference-backend", "sessions", name);
      return described(join(environment.packageRoot, "dist", place, "main.js"), {
        name,
        kind: "service" as const,
        version: known["hunt"] ?? "unknown",
        source: join("src", place),
      });
    }),
  ];
  if (flags.json === true) {
    const document = { schemaVersion: 1, node: known["node"], engines: list };
    environment.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const rows = list.map((each) => [
    each.name,
    each.kind,
    each.version,
    each.built ? "built" : "MISSING",
    each.bytes === null ? "-" : `${(each.bytes / 1e6).toFixed(1)} MB`,
    each.source,
    each.path,
  ]);
  const head = ["name", "kind", "version", "state", "size", "built from", "path"];
  environment.stdout.write(plainTable(head, rows));
  environment.stdout.write(
    `\n  Services run on node ${known["node"]}. bin/hunt builds what is missing or out of date.\n\nNext: hunt up\n`,
  );
}

function described(
  path: string,
  facts: Omit<EngineFacts, "path" | "built" | "bytes">,
): EngineFacts {
  // The linked file's size, not the link's.
  const file = statSync(path, { throwIfNoEntry: false });
  return { ...facts, path, built: file !== undefined, bytes: file?.size ?? null };
}
