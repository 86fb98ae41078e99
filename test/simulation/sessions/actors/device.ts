/**
 * One device of a session, by the client's rules (docs/swarm-protocol.md): a stream to each gateway,
 * every operation sent until it is answered or its time is up, the same triple to whoever MOVED names.
 */
import {
  type Answer,
  type Operation,
  type OperationKind,
  operationKinds,
} from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import type { Attempted } from "../checks/ledger.ts";
import { actionTimeoutMs, recoverMs } from "../settings.ts";
import { Connection } from "../store/connection.ts";
import type { World } from "../world/world.ts";
import type { SimGateway } from "./gateway.ts";

const answerWithinMs = 450;
/** Payload fields by kind. */
const fieldsOfKind: readonly number[] = [0, 1, 2, 2, 3, 0];
const againMs = [1, 10, 50, 200] as const;

interface UnderWay {
  readonly attempted: Attempted;
  readonly ended: (attempted: Attempted) => void;
  /** Sent until it is ok: what comes after depends on it. */
  readonly persists: boolean;
  /** An earlier sending may have been applied. */
  maybe: boolean;
  sendings: number;
  /** The newest sending: an older timeout is nothing. */
  ref: bigint;
  readonly refs: bigint[];
}

export class Device {
  readonly number: number;
  sequence = 0;
  /** Operations that have not ended. */
  underWay = 0;
  /** The gateway thought to own the session. */
  target: number;
  readonly #world: World;
  readonly #session: string;
  readonly #connections: Connection[];
  /** Sendings that were not answered. */
  readonly #byRef = new Map<bigint, { action: UnderWay; place: number }>();

  constructor(
    world: World,
    gateways: readonly SimGateway[],
    facts: { session: string; number: number; target: number },
  ) {
    this.#world = world;
    this.#session = facts.session;
    this.number = facts.number;
    this.target = facts.target;
    this.#connections = gateways.map(
      (gateway, place) =>
        new Connection(world, gateway, {
          answered: (answer) => this.#answered(answer),
          lost: () => this.#lost(place),
        }),
    );
  }

  /** Names the next operation, writes it down and sends it. */
  act(
    kind: OperationKind,
    ended: (attempted: Attempted) => void,
    { skip = 0, persists = false } = {},
  ): void {
    const world = this.#world;
    this.sequence += 1 + skip;
    const operation = this.#operation(kind, this.sequence);
    const attempted = world.ledger.attempt(operation, world.nowMs);
    const forMs = persists ? world.settings.activeMs + recoverMs : actionTimeoutMs;
    const deadlineMs = world.nowMs + forMs;
    const action: UnderWay = {
      attempted,
      ended,
      persists,
      maybe: false,
      sendings: 0,
      ref: 0n,
      refs: [],
    };
    this.underWay += 1;
    world.schedule.at(deadlineMs, () =>
      this.#end(action, this.#isOpen(action) ? "unknown" : "fail"),
    );
    this.#send(action);
  }

  /** A faulty client: a name that was used before, with something else. Nobody may say ok. */
  contradict(sequence: number): void {
    const world = this.#world;
    const earlier = this.#operation(operationKinds.digStarted, sequence);
    const operation = { ...earlier, field1: 255, field2: 77, ref: world.newRef() };
    this.#connections[this.target]?.send(operation);
  }

  /** Some client's stream held a sending back for long; it arrives once more. */
  repeat(attempted: Attempted): void {
    const place = this.#world.random.whole(0, this.#connections.length - 1);
    this.#connections[place]?.send({ ...attempted.operation, ref: this.#world.newRef() });
  }

  keepAlive(): void {
    if (this.#world.removal.flaws.has("keep-alives-to-one-gateway")) {
      this.#connections[0]?.keepAlive(this.#session);
      return;
    }
    for (const connection of this.#connections) connection.keepAlive(this.#session);
  }

  #operation(kind: OperationKind, sequence: number): Operation {
    const { random } = this.#world;
    const name = { session: this.#session, device: this.number, sequence, kind };
    const fields = fieldsOfKind[kind] ?? 0;
    const field = (index: number) => (index < fields ? random.whole(1, 200) : 0);
    return { ...name, field1: field(0), field2: field(1), field3: field(2) };
  }

  #send(action: UnderWay): void {
    const world = this.#world;
    if (action.attempted.outcome !== undefined) return;
    const connection = this.#connections[this.target];
    const ref = world.newRef();
    const sent = connection?.send({ ...action.attempted.operation, ref }) === true;
    if (!sent) {
      this.#turnAway();
      this.#sendAgain(action, 50);
      return;
    }
    action.ref = ref;
    action.refs.push(ref);
    this.#byRef.set(ref, { action, place: this.target });
    action.sendings += 1;
    if (action.sendings > 1) world.coverage.sentAgain += 1;
    world.schedule.after(answerWithinMs, () => {
      if (action.ref !== ref || !this.#byRef.has(ref)) return;
      action.maybe = true;
      this.#turnAway();
      this.#send(action);
    });
  }

  #answered(answer: Answer): void {
    const action = this.#byRef.get(answer.ref)?.action;
    if (action === undefined) return;
    this.#byRef.delete(answer.ref);
    if (answer.outcome === "ok") {
      action.attempted.revision = Math.max(action.attempted.revision, answer.revision ?? 0);
      this.#end(action, "ok");
    } else if (answer.outcome === "fail" && action.persists) {
      if (answer.ref === action.ref) this.#sendAgain(action, 200);
    } else if (answer.outcome === "fail") {
      this.#end(action, this.#isOpen(action) ? "unknown" : "fail");
    } else {
      if (answer.outcome === "unknown") action.maybe = true;
      else this.#follow(answer.owner ?? "");
      if (answer.ref === action.ref) this.#sendAgain(action);
    }
  }

  /** One of its sendings may have been applied, or may still be. */
  #isOpen(action: UnderWay): boolean {
    return action.maybe || action.refs.some((ref) => this.#byRef.has(ref));
  }

  /** MOVED names the owner, or nobody. */
  #follow(owner: string): void {
    if (this.#world.removal.flaws.has("ignores-moved")) return;
    const place = this.#connections.findIndex(({ gateway }) => gateway.name === owner);
    if (place >= 0) this.target = place;
    else this.#turnAway();
  }

  #turnAway(): void {
    if (this.#world.removal.flaws.has("ignores-moved")) return;
    this.target = (this.target + 1) % this.#connections.length;
  }

  #sendAgain(action: UnderWay, atLeastMs = 0): void {
    const step = Math.min(action.sendings, againMs.length - 1);
    const delayMs = Math.max(atLeastMs, againMs[step] ?? 200);
    action.ref = 0n;
    this.#world.schedule.after(delayMs, () => this.#send(action));
  }

  #lost(place: number): void {
    for (const [ref, { action, place: sentTo }] of this.#byRef) {
      if (sentTo !== place) continue;
      this.#byRef.delete(ref);
      action.maybe = true;
      if (action.ref === ref) this.#sendAgain(action);
    }
  }

  #end(action: UnderWay, outcome: "ok" | "fail" | "unknown"): void {
    const { attempted } = action;
    if (attempted.outcome !== undefined) return;
    this.underWay -= 1;
    attempted.outcome = outcome;
    for (const ref of action.refs) this.#byRef.delete(ref);
    action.ended(attempted);
  }
}
