/**
 * Other runs of hunt on this machine, and backends that stay: each takes processors and disk of this run. It is said
 * at the start, and when one comes or goes; nothing is refused. Two reads of /proc/net/unix in 4 s cost nothing.
 */

import type { Collector } from "../../metrics/collect/collector.ts";
import { optional } from "../../optional.ts";
import type { TimelineEvent } from "../../recording/timeline/events.ts";
import type { MachineUser } from "../../runtime/local/kept/machine-users.ts";

type OtherRunEvent = Extract<TimelineEvent, { kind: "other-run" }>;

const everyS = 2;

export interface OtherRunsOptions {
  /** All but this run. */
  readonly look: () => Promise<readonly MachineUser[]>;
  /** @param where `timeline`: it is on the timeline of the recording, too. */
  readonly tell: (line: string, where?: "timeline") => void;
}

export class OtherRuns {
  readonly #options: OtherRunsOptions;
  /** That were told on the screen. */
  readonly #told = new Set<string>();
  /** That are on the timeline; undefined before the first reading. */
  #there: ReadonlyMap<string, MachineUser> | undefined;

  constructor(options: OtherRunsOptions) {
    this.#options = options;
  }

  /** Before anything is started. Rejects when the kernel does not tell. */
  async tellAtStart(): Promise<void> {
    for (const user of await this.#options.look()) this.#tell(user);
  }

  collector(): Collector {
    return {
      name: "other runs on this machine",
      everyS,
      read: async ({ t, sink }) => {
        const now = new Map((await this.#options.look()).map((user) => [keyOf(user), user]));
        const before = this.#there;
        this.#there = now;
        const put = (state: OtherRunEvent["state"], user: MachineUser) =>
          sink.event({ t, kind: "other-run", state, ...recorded(user) });
        for (const [key, user] of now) {
          if (before?.has(key) === true) continue;
          put(before === undefined ? "there" : "came", user);
          this.#tell(user, t);
        }
        for (const [key, user] of before ?? []) {
          if (now.has(key)) continue;
          put("left", user);
          this.#options.tell(`it has ended by t=${t.toFixed(1)}s: ${who(user)}`, "timeline");
        }
      },
    };
  }

  #tell(user: MachineUser, t?: number): void {
    const key = keyOf(user);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    const since = t === undefined ? "" : ` by t=${t.toFixed(1)}s`;
    this.#options.tell(
      user.what === "run"
        ? `another run of hunt uses this machine${since}: ${who(user)}. Both may be late for it`
        : `a backend that stays is up on this machine${since}: ${who(user)}. It takes little while nobody plays at it`,
      t === undefined ? undefined : "timeline",
    );
  }
}

function keyOf({ what, name, folder }: MachineUser): string {
  return what === "run" ? name : `${what} ${folder}`;
}

function who({ name, pid, folder }: MachineUser): string {
  const process = pid === undefined ? [] : [`pid ${pid}`];
  return [name, ...process, folder].join(", ");
}

/** Without what is not known. */
function recorded({ what, name, pid, folder }: MachineUser) {
  return { what, name, folder, ...optional({ pid }) };
}
