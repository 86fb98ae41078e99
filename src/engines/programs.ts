/**
 * Every program that hunt starts: what it is, who needs it and where it comes from. A new one is a line here and
 * its name in `engines` of the lanes that need it. `scripts/set-up/` reads this file as it is, so it imports nothing.
 */

/**
 * Where a program comes from. Each kind is got by the provider of the same name in
 * `scripts/set-up/providers.mjs`, and described by `program-facts.ts`.
 */
export type ProgramSource = GoModuleSource;

/** `cmd/<program>/` of a module under `native/`; all that is missing of a module is built in one go. */
export interface GoModuleSource {
  readonly provider: "go-module";
  readonly module: "engines" | "k6" | "tools";
  /** The requirement in `go.mod` whose version is the program's; without it the program is hunt's own. */
  readonly requirement?: string;
}

interface ProgramFacts {
  readonly kind: "engine" | "tool";
  /** `backend`: whatever starts one. `load`: whatever plays at one. `lane`: the lanes that name it. */
  readonly neededFor: "backend" | "load" | "lane";
  readonly source: ProgramSource;
}

const etcdModule = {
  provider: "go-module",
  module: "engines",
  requirement: "go.etcd.io/etcd/server/v3",
} as const;
const toolsModule = { provider: "go-module", module: "tools" } as const;

/** What takes longest to get comes first. */
export const programs = {
  k6: {
    kind: "engine",
    neededFor: "load",
    source: { provider: "go-module", module: "k6", requirement: "go.k6.io/k6/v2" },
  },
  etcd: { kind: "engine", neededFor: "lane", source: etcdModule },
  etcdctl: { kind: "tool", neededFor: "lane", source: etcdModule },
  etcdutl: { kind: "tool", neededFor: "lane", source: etcdModule },
  toxiproxy: {
    kind: "engine",
    neededFor: "backend",
    source: {
      provider: "go-module",
      module: "engines",
      requirement: "github.com/Shopify/toxiproxy/v2",
    },
  },
  disk: { kind: "tool", neededFor: "backend", source: toolsModule },
  firewall: { kind: "tool", neededFor: "backend", source: toolsModule },
  keeper: { kind: "tool", neededFor: "backend", source: toolsModule },
  linearize: { kind: "tool", neededFor: "load", source: toolsModule },
  neighbour: { kind: "tool", neededFor: "backend", source: toolsModule },
  sockets: { kind: "tool", neededFor: "backend", source: toolsModule },
} as const satisfies Readonly<Record<string, ProgramFacts>>;

export type ProgramName = keyof typeof programs;

export const programNames = Object.keys(programs) as readonly ProgramName[];

/** What a backend of these lanes is started, watched and broken with. */
export function programsOfBackend(
  lanes: readonly { readonly engines: readonly ProgramName[] }[],
): readonly ProgramName[] {
  const named = new Set(lanes.flatMap(({ engines }) => engines));
  return programNames.filter((name) => programs[name].neededFor === "backend" || named.has(name));
}

/** The same, and what plays at it and judges that. */
export function programsOfBench(
  lanes: readonly { readonly engines: readonly ProgramName[] }[],
): readonly ProgramName[] {
  const backend = programsOfBackend(lanes);
  return programNames.filter(
    (name) => programs[name].neededFor === "load" || backend.includes(name),
  );
}
