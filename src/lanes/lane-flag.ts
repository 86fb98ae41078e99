/** A flag of the command line that belongs to one lane: data, from which commands make what they parse. */
export interface LaneFlag {
  /** As the help has it: `--etcd-size <n>`, or a switch such as `--no-warm-follower`. */
  readonly flags: string;
  readonly description: string;
  /** What follows `HUNT_`; the flag may stand in `hunt.config.yaml`, too. */
  readonly variable: string;
  /** Designs that alone have what it sets; absent: all. */
  readonly designs?: readonly string[];
  /** The commands that have it. */
  readonly commands: readonly ("bench" | "up" | "drill")[];
}

/** What the operator gave of a lane's flags, by `flagKey`; a switch is true or false. */
export type GivenFlags = Readonly<Record<string, string | boolean | undefined>>;

/** `etcdSize` of `--etcd-size <n>`, `warmFollower` of `--no-warm-follower`. */
export function flagKey({ flags }: LaneFlag): string {
  const words = longFlag({ flags }).slice(2).replace(/^no-/, "").split("-");
  return words.map((word, index) => (index === 0 ? word : capital(word))).join("");
}

/** `--etcd-size` */
export function longFlag({ flags }: Pick<LaneFlag, "flags">): string {
  return flags.split(" ")[0] ?? flags;
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
