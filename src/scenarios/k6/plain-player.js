// One player in plain k6: due by its timetable, one action at a time on each of its devices, sent again until
// it is answered or its time is up. The rules are those of docs/swarm-protocol.md, "Players". Times are
// milliseconds since run second 0, by the swarm's clock: Date.now() may step.
import { PlainTimers } from "./plain-timers.js";

/** The device that opens the session, and the only one of most players. */
const firstDevice = 1;
/** Pauses before the second, third, ... sending. */
const resendAfterMs = [0, 10, 50, 200];
/** How soon to look again when no gateway can be reached. */
const noGatewayMs = 10;
/** A ref is the action's number and its sending; number 0 is the opening of the session. */
const refsPerAction = 65_536;

const kinds = { 2: "digStarted", 3: "tilesRevealed", 4: "lootClaimed" };
const fieldNames = {
  2: ["tile", "tool"],
  3: ["firstTile", "mask"],
  4: ["tile", "item", "amount"],
};

export class PlainPlayer {
  #plan;
  #session;
  /** The player in the swarm extension: when its actions are due, and the books of what became of them. */
  #swarm;
  #streams;
  #reads;
  #startMs = 0;
  #timers;
  #timetable;
  /** By number: whom it believes to own the session, what is under way, what is due. */
  #devices;
  #opening = { sends: 0, opened: false };
  #dug = false;
  #aliveMs = 0;
  #keepAliveTimer;
  #finished;
  #reject;

  constructor({ plan, session, swarm, streams, reads }) {
    this.#plan = plan;
    this.#session = session;
    this.#swarm = swarm;
    this.#streams = streams;
    this.#reads = reads;
    // Not where it is declared: k6's JavaScript engine dies of a private name in a field's arrow function.
    this.#timers = new PlainTimers(() => this.#now());
    const owner = fnv1a32(session) % streams.count;
    this.#devices = new Map([
      [firstDevice, { number: firstDevice, owner, queue: [] }],
      [2, { number: 2, owner: this.#other(owner), queue: [] }],
    ]);
    streams.onAnswer = this.#guarded((answer, place) => this.#answered(answer, place));
    streams.onLost = this.#guarded((place) => this.#lost(place));
  }

  /** The gateway to begin with. */
  get owner() {
    return this.#devices.get(firstDevice).owner;
  }

  /** Resolves when everything that was due has ended. */
  play(startMs) {
    this.#startMs = startMs;
    this.#timetable = this.#swarm.timetable();
    return new Promise((resolve, reject) => {
      this.#finished = resolve;
      this.#reject = reject;
      this.#keepAlive();
      this.#awaitDue(0);
    });
  }

  #now() {
    return this.#swarm.now() - this.#startMs;
  }

  #at(atMs, what) {
    return this.#timers.at(atMs, this.#guarded(what));
  }

  // What is thrown in a timer or an event would otherwise only be logged.
  #guarded(what) {
    return (...args) => {
      try {
        what(...args);
      } catch (error) {
        this.#reject(error);
      }
    };
  }

  #awaitDue(place) {
    if (place >= this.#timetable.length) {
      this.#timetable = [];
      this.#endIfIdle();
      return;
    }
    this.#at(this.#timetable[place].atMs, () => {
      if (this.#swarm.stopping(this.#now())) this.#awaitDue(this.#timetable.length);
      else {
        this.#due(place, this.#timetable[place]);
        this.#awaitDue(place + 1);
      }
    });
  }

  #endIfIdle() {
    const busy = this.#underWay().length > 0;
    if (this.#timetable.length > 0 || busy) return;
    this.#timers.clear(this.#keepAliveTimer);
    this.#finished();
  }

  #due(place, { atMs, read, device, kind, fields }) {
    // Nothing to read yet: as in the swarm, such a read is not drawn.
    if (read && !this.#dug) return;
    this.#swarm.intended(place);
    // The session is opened by the first device only.
    const on = this.#devices.get(this.#opening.opened ? device : firstDevice);
    const action = {
      place,
      device: on,
      read,
      kind,
      fields,
      atMs,
      sinceMs: this.#now(),
      blockedMs: 0,
      sends: 0,
    };
    const { timeoutMs } = this.#plan.actions[read ? "read" : "dig"];
    action.timer = this.#at(atMs + timeoutMs, () => this.#expire(action));
    on.queue.push(action);
    this.#advance(on);
  }

  #advance(device) {
    if (device.current !== undefined) return;
    device.current = device.queue.shift();
    const action = device.current;
    if (action === undefined) {
      this.#endIfIdle();
      return;
    }
    action.blockedMs = this.#now() - action.sinceMs;
    if (action.read) this.#read(action);
    else this.#send(action);
  }

  #read(action) {
    action.sends = 1;
    const { place, device, blockedMs } = action;
    const minRevision = this.#swarm.sent(place, device.number, this.#now(), blockedMs);
    const boundMs = Math.max(1, action.atMs + this.#plan.actions.read.timeoutMs - this.#now());
    this.#reads.read(minRevision, boundMs).then(
      this.#guarded(({ outcome, revision }) => {
        this.#end(action, outcome, revision, outcome !== "unknown");
      }),
      this.#guarded(() => this.#end(action, "fail", 0, true)),
    );
  }

  #send(action) {
    const { device } = action;
    if (device.current !== action) return;
    const to = this.#reachable(device.owner);
    if (to === undefined) {
      action.resendTimer = this.#at(this.#now() + noGatewayMs, () => this.#send(action));
      return;
    }
    const operations = [];
    const nowMs = this.#now();
    if (!this.#opening.opened) operations.push(this.#open(action, nowMs));
    if (action.sends === 0) {
      action.blockedMs = Math.max(0, nowMs - action.sinceMs);
      action.sequence = this.#swarm.sent(action.place, device.number, nowMs, action.blockedMs);
    } else {
      this.#swarm.count("resent");
    }
    action.sends += 1;
    action.flyingTo = to;
    operations.push(operationOf(this.#session, action));
    this.#aliveMs = nowMs;
    this.#streams.send(to, operations);
  }

  #reachable(owner) {
    for (let step = 0; step < this.#streams.count; step += 1) {
      const place = (owner + step) % this.#streams.count;
      if (this.#streams.connect(place)) return place;
    }
    return undefined;
  }

  #open(action, nowMs) {
    const opening = this.#opening;
    opening.sends += 1;
    if (opening.sends === 1) {
      opening.intendedMs = action.atMs;
      this.#swarm.openingSent(nowMs, opening.intendedMs);
    } else {
      this.#swarm.count("resent");
    }
    return {
      ref: opening.sends,
      session: this.#session,
      device: firstDevice,
      sequence: 1,
      sessionOpened: { seed: this.#swarm.seed() },
    };
  }

  #answered(answer, from) {
    const ref = Number(answer.ref);
    const number = Math.floor(ref / refsPerAction);
    const ok = answer.outcome === "OUTCOME_OK";
    if (number === 0) {
      if (ok) this.#opened(Number(answer.revision));
      return;
    }
    const action = this.#underWay().find(({ read, place }) => !read && place === number - 1);
    if (action === undefined) return;
    if (ok) {
      // Whichever sending it answers, the operation is committed.
      this.#dug = true;
      this.#end(action, "ok", Number(answer.revision), true);
      return;
    }
    if (ref % refsPerAction !== action.sends || action.flyingTo === undefined) return;
    this.#refused(action, answer, from);
  }

  #refused(action, answer, from) {
    if (answer.outcome === "OUTCOME_FAIL") {
      // This sending was refused, an earlier one may have been applied.
      this.#end(action, action.maybe ? "unknown" : "fail", 0, true);
      return;
    }
    if (answer.outcome === "OUTCOME_MOVED") {
      this.#swarm.count("moved");
      const named = this.#streams.named(answer.owner);
      action.device.owner = named < 0 ? this.#other(from) : named;
    } else {
      action.maybe = true;
      action.device.owner = this.#other(from);
    }
    this.#again(action);
  }

  #opened(revision) {
    const opening = this.#opening;
    if (opening.opened) return;
    opening.opened = true;
    this.#swarm.opened(revision, opening.sends, this.#now(), opening.intendedMs);
  }

  #lost(from) {
    for (const device of this.#devices.values()) {
      if (device.owner === from) device.owner = this.#other(from);
      const action = device.current;
      if (action?.flyingTo !== from) continue;
      action.maybe = true;
      this.#again(action);
    }
  }

  #underWay() {
    return [...this.#devices.values()].flatMap(({ current }) => current ?? []);
  }

  #other(place) {
    return (place + 1) % this.#streams.count;
  }

  #again(action) {
    action.flyingTo = undefined;
    const pauseMs = resendAfterMs[Math.min(action.sends, resendAfterMs.length) - 1];
    action.resendTimer = this.#at(this.#now() + pauseMs, () => this.#send(action));
  }

  #expire(action) {
    const { device } = action;
    if (device.current !== action) {
      device.queue = device.queue.filter((queued) => queued !== action);
    }
    if (action.sends === 0) action.blockedMs = this.#now() - action.sinceMs;
    const sent = action.read ? action.sends > 0 : action.maybe || action.flyingTo !== undefined;
    this.#end(action, sent ? "unknown" : "fail", 0, false);
  }

  #end(action, outcome, revision, answered) {
    if (action.ended) return;
    action.ended = true;
    this.#timers.clear(action.timer);
    this.#timers.clear(action.resendTimer);
    const { place, sends, blockedMs, device } = action;
    this.#swarm.done(place, outcome, revision, sends, this.#now(), blockedMs, answered);
    if (device.current !== action) return;
    device.current = undefined;
    this.#advance(device);
  }

  #keepAlive() {
    const halfMs = (this.#plan.keepAliveS * 1000) / 2;
    if (halfMs === 0) return;
    this.#keepAliveTimer = this.#at(this.#now() + halfMs, () => {
      if (this.#opening.opened && this.#now() - this.#aliveMs >= halfMs) {
        this.#streams.keepAlive(this.#session);
        this.#aliveMs = this.#now();
      }
      this.#keepAlive();
    });
  }
}

function operationOf(session, { place, sends, device, sequence, kind, fields }) {
  const payload = Object.fromEntries(fieldNames[kind].map((name, index) => [name, fields[index]]));
  const ref = (place + 1) * refsPerAction + sends;
  return { ref, session, device: device.number, sequence, [kinds[kind]]: payload };
}

/** Where a session's partition starts: docs/session-log-format.md. */
function fnv1a32(text) {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619) >>> 0;
  }
  return hash;
}
