/**
 * One client's way to the store, with everything that may happen on it: requests that are lost or
 * arrive seconds later, replies that are lost, late or come twice, a store that is slow, cut off or
 * has no leader. A call ends at its deadline with `maybe`, whatever becomes of its request.
 */
import type {
  StoreOutcome,
  StoreRequest,
} from "../../../../src/reference-backend/sessions/log/store/store-call.ts";
import { requestLateMsMax } from "../settings.ts";
import type { Scheduled } from "../world/schedule.ts";
import type { World } from "../world/world.ts";

export interface LinkCall {
  readonly id: number;
  readonly request: StoreRequest;
  readonly deadlineMs: number;
}

interface OpenCall {
  readonly deadline: Scheduled;
}

export class StoreLink {
  cutUntilMs = 0;
  slowUntilMs = 0;
  readonly #world: World;
  readonly #settled: (id: number, outcome: StoreOutcome) => void;
  /** Around the store's own work, so that a commit knows its writer. */
  readonly #run: (request: StoreRequest) => StoreOutcome;
  readonly #open = new Map<number, OpenCall>();

  constructor(options: {
    world: World;
    settled: (id: number, outcome: StoreOutcome) => void;
    run: (request: StoreRequest) => StoreOutcome;
  }) {
    this.#world = options.world;
    this.#settled = options.settled;
    this.#run = options.run;
  }

  send(call: LinkCall): void {
    const world = this.#world;
    const deadline = world.schedule.after(call.deadlineMs, () =>
      this.#answer(call.id, failed("maybe", "deadline")),
    );
    this.#open.set(call.id, { deadline });
    if (world.strikes(world.settings.lossProbability)) {
      world.coverage.requestsLost += 1;
      return;
    }
    let delayMs = this.#oneWayMs();
    if (world.strikes(world.settings.lateProbability)) {
      world.coverage.requestsDelayed += 1;
      delayMs += world.random.between(100, requestLateMsMax);
    }
    world.schedule.after(delayMs, () => this.#arrive(call));
  }

  /** Nobody waits for it; it may still arrive. */
  cancel(id: number): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    call.deadline.cancelled = true;
    this.#open.delete(id);
  }

  cancelAll(): void {
    for (const id of [...this.#open.keys()]) this.cancel(id);
  }

  #arrive(call: LinkCall): void {
    const world = this.#world;
    const untilMs = Math.max(this.cutUntilMs, world.leaderlessUntilMs);
    if (world.nowMs < untilMs) {
      this.#meetNobody(call, untilMs);
      return;
    }
    const late = !this.#open.has(call.id);
    const before = world.etcd.revision;
    const outcome = this.#run(call.request);
    if (late && world.etcd.revision > before) world.coverage.lateCommits += 1;
    if (late) return;
    if (world.strikes(world.settings.lossProbability)) {
      world.coverage.repliesLost += 1;
      return;
    }
    let delayMs = this.#oneWayMs();
    if (world.strikes(world.settings.lateProbability)) {
      world.coverage.repliesLate += 1;
      delayMs += world.random.between(100, requestLateMsMax);
    }
    world.schedule.after(delayMs, () => this.#answer(call.id, outcome));
    if (world.strikes(world.settings.lossProbability)) {
      world.coverage.repliesTwice += 1;
      world.schedule.after(delayMs * 2, () => this.#settled(call.id, outcome));
    }
  }

  /** No leader, or no way to it: refused, lost, or kept somewhere and done when it is over. */
  #meetNobody(call: LinkCall, untilMs: number): void {
    const world = this.#world;
    const fate = world.random.whole(0, 3);
    if (fate === 0) {
      this.#answer(call.id, failed("no", "no leader"));
    } else if (fate === 1) {
      const delayMs = world.random.between(0, 500);
      world.schedule.at(untilMs + delayMs, () => this.#arrive(call));
    }
  }

  #answer(id: number, outcome: StoreOutcome): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    call.deadline.cancelled = true;
    this.#open.delete(id);
    this.#settled(id, outcome);
  }

  #oneWayMs(): number {
    const world = this.#world;
    const slow = world.nowMs < this.slowUntilMs ? world.random.between(5, 60) : 1;
    return world.random.between(0.1, 0.5) * world.settings.storeMs * slow;
  }
}

function failed(applied: "no" | "maybe", reason: string): StoreOutcome {
  return { type: "failed", applied, reason };
}
