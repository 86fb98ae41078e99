/** As a gateway follows a prefix of keys: reads all of them, watches from there on, again after compaction. */
import { prefixEnd } from "../../../../src/reference-backend/sessions/log/format/keys.ts";
import type { StoredValue } from "../../../../src/reference-backend/sessions/log/store/store-call.ts";
import type { Change } from "../store/model-etcd.ts";
import { StoreWatch } from "../store/store-watch.ts";
import type { World } from "../world/world.ts";

const retryMs = 50;

export interface FollowedKeys {
  readonly world: World;
  readonly prefix: string;
  readonly lagMs: number;
  /** The way to the store is open. */
  readonly reachable: () => boolean;
  readonly loaded: (values: readonly StoredValue[]) => void;
  readonly changed: (values: readonly StoredValue[]) => void;
}

export class KeyFollower {
  readonly #keys: FollowedKeys;
  #watch: StoreWatch | undefined;
  #ended = false;

  constructor(keys: FollowedKeys) {
    this.#keys = keys;
    this.#load();
  }

  end(): void {
    this.#ended = true;
    this.#watch?.end();
  }

  /** No event until then; what happened meanwhile is delivered later. */
  stall(untilMs: number): void {
    if (this.#watch !== undefined) {
      this.#watch.stalledUntilMs = Math.max(this.#watch.stalledUntilMs, untilMs);
    }
  }

  #load(): void {
    const { world, prefix } = this.#keys;
    if (this.#ended) return;
    if (!this.#keys.reachable() || world.nowMs < world.leaderlessUntilMs) {
      world.schedule.after(retryMs, () => this.#load());
      return;
    }
    const { revision } = world.etcd;
    const values = world.etcd.values(prefix, prefixEnd(prefix));
    world.schedule.after(world.settings.storeMs, () => {
      if (!this.#ended) this.#begin(values, revision);
    });
  }

  #begin(values: readonly StoredValue[], revision: number): void {
    const { world, prefix, lagMs } = this.#keys;
    this.#keys.loaded(values);
    const changed = (changes: readonly Change[]): void => {
      const puts = changes.flatMap(({ key, value, modRevision }) =>
        value === undefined ? [] : [{ key, value, modRevision }],
      );
      this.#keys.changed(puts);
    };
    const compacted = (): void => {
      world.coverage.watchRestarts += 1;
      this.#watch?.end();
      world.schedule.after(retryMs, () => this.#load());
    };
    this.#watch = new StoreWatch(
      { world, start: prefix, end: prefixEnd(prefix), lagMs, changed, compacted },
      revision,
    );
  }
}
