/**
 * Which gateways are alive, in the order of one watch (rule 4): a gateway counts as gone when three
 * of our own heartbeats committed and none of its own between them. While the store commits nothing
 * nobody's count moves, so a lost leader counts against nobody, and no clock is compared.
 */
import type { BeatValue } from "../format/keys.ts";

const goneAfterOwnBeats = 3;
/** A gateway that just came back is given partitions only when it has beaten this often. */
const steadyAfterBeats = 3;

interface Seen {
  beat: BeatValue | undefined;
  beats: number;
  ownBeatsSince: number;
  /** Own heartbeats up to it say nothing: it owned nothing then, and may not have been started. */
  sinceRevision: number;
}

export class GatewayLiveness {
  readonly #instance: string;
  readonly #seen = new Map<string, Seen>();

  constructor(instance: string) {
    this.#instance = instance;
  }

  /** A heartbeat of any gateway, in the order in which they committed. */
  beat(beat: BeatValue, revision: number): void {
    if (beat.instance === this.#instance) {
      for (const other of this.#seen.values()) {
        if (revision > other.sinceRevision) other.ownBeatsSince += 1;
      }
      return;
    }
    // A new instance of the same name replaces the old one, which still counts until it is gone.
    const known = this.watchFor(beat.instance, revision);
    known.beat = beat;
    known.beats += 1;
    known.ownBeatsSince = 0;
  }

  /**
   * Starts counting for an owner that has not been heard of; its count starts at 0. `revision` set
   * it: owners and heartbeats come by two watches, and own heartbeats from before may still arrive.
   */
  watchFor(instance: string, revision: number): Seen {
    let known = this.#seen.get(instance);
    if (known === undefined) {
      known = { beat: undefined, beats: 0, ownBeatsSince: 0, sinceRevision: revision };
      this.#seen.set(instance, known);
    }
    return known;
  }

  /** Events were missed: nobody is gone until three own heartbeats were seen again. */
  reset(): void {
    for (const known of this.#seen.values()) known.ownBeatsSince = 0;
  }

  isGone(instance: string): boolean {
    return (this.#seen.get(instance)?.ownBeatsSince ?? 0) >= goneAfterOwnBeats;
  }

  /** It was heard of, and missed no heartbeat that we would know of. */
  isAlive(instance: string): boolean {
    const known = this.#seen.get(instance);
    return known?.beat !== undefined && known.ownBeatsSince < goneAfterOwnBeats - 1;
  }

  /** Gateways that beat steadily and are not leaving. */
  steady(): BeatValue[] {
    const steady: BeatValue[] = [];
    for (const { beat, beats, ownBeatsSince } of this.#seen.values()) {
      if (beat === undefined || beat.leaving || ownBeatsSince > 1) continue;
      if (beats >= steadyAfterBeats) steady.push(beat);
    }
    return steady;
  }

  /** Forgets gateways that are gone and own nothing, so that restarts do not add up. */
  forgetGone(isOwner: (instance: string) => boolean): void {
    for (const [instance, known] of this.#seen) {
      if (known.ownBeatsSince > 100 && !isOwner(instance)) this.#seen.delete(instance);
    }
  }
}
