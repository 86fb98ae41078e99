/** What all parts of one simulated run share. */

import { Ledger } from "../checks/ledger.ts";
import { Truth } from "../checks/truth.ts";
import { Coverage } from "../coverage.ts";
import { nothingRemoved, type RuleRemoval } from "../rules/rule-removal.ts";
import { drawSettings, type Settings } from "../settings.ts";
import { Member } from "../store/member.ts";
import { ModelEtcd } from "../store/model-etcd.ts";
import type { StoreWatch } from "../store/store-watch.ts";
import { Random } from "./random.ts";
import { Schedule } from "./schedule.ts";
import { Story } from "./story.ts";

export class World {
  readonly seed: number;
  readonly random: Random;
  readonly schedule = new Schedule();
  readonly etcd = new ModelEtcd();
  readonly ledger = new Ledger();
  readonly truth: Truth;
  readonly story: Story;
  readonly coverage = new Coverage();
  readonly settings: Settings;
  readonly removal: RuleRemoval;
  /** When each revision was committed. */
  readonly revisionAtMs: number[] = [0, 0];
  readonly members: Member[];
  #lastRef = 0n;
  readonly watches = new Set<StoreWatch>();
  /** Faults happen; later everything is healed. */
  faulty = true;
  /** No leader until then: nothing commits. */
  leaderlessUntilMs = 0;
  /** The store has no space until then: it refuses puts. */
  fullUntilMs = 0;
  /** The next put is the one that fills it: applied, and refused all the same. */
  fills = false;
  /** Time at which faults ended for good. */
  healedAtMs = Number.POSITIVE_INFINITY;

  constructor(seed: number, options: { removal?: RuleRemoval; tellsStory?: boolean } = {}) {
    this.seed = seed;
    this.random = new Random(seed);
    this.removal = options.removal ?? nothingRemoved;
    this.settings = { ...drawSettings(this.random), ...this.removal.settings };
    this.story = new Story(options.tellsStory === true, () => this.schedule.nowMs);
    this.truth = new Truth(this.ledger, () => this.schedule.nowMs);
    this.members = [0, 1, 2].map(() => new Member(this, this.random.between(0.5, 20)));
    this.etcd.listeners.push((changes) => {
      this.revisionAtMs[this.etcd.revision] = this.nowMs;
      this.schedule.mix(changes.length);
      for (const watch of this.watches) watch.committed(changes);
    });
  }

  get nowMs(): number {
    return this.schedule.nowMs;
  }

  newRef(): bigint {
    this.#lastRef += 1n;
    return this.#lastRef;
  }

  /** A fault of this probability, while there are any. */
  strikes(probability: number): boolean {
    return this.faulty && this.random.chance(probability);
  }
}
