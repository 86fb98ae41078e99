/**
 * Knows which member leads: every 100 ms one member is asked for its status, in turn. While the
 * leader is unknown or in doubt (a call failed, a member has lost it, it leaves a poll unanswered)
 * all are asked every 50 ms, so that a new one is found long before 300 ms after it is known; this
 * ends when the leader itself answers. A member that was cut off may still believe in an old leader,
 * so an answer counts only with a term at least as new as the known one. Members are told apart by
 * the id in their answer, not by advertised addresses: a proxy may stand between.
 *
 * The polls are each connection's proof of life too: one that leaves a poll unanswered is dropped.
 */
import { EventEmitter } from "node:events";
import { Maintenance, type StatusResponse } from "./gen/etcdserverpb/rpc_pb.ts";
import type { GrpcConnection } from "./grpc-connection.ts";

const searchEveryMs = 50;
/** Without doubt, one member is asked every so many turns of the search. */
const idleTurns = 2;
const doubtMs = 1000;
const overdueMs = 100;
const pollDeadlineMs = 700;
const hintEveryMs = 20;

/** One member as this client reaches it. */
export interface Member {
  /** host:port */
  readonly endpoint: string;
  readonly connection: GrpcConnection;
}

export interface LeaderChange {
  readonly leader: Member | undefined;
  readonly term: bigint;
}

export class LeaderTracker extends EventEmitter<{ change: [LeaderChange] }> {
  readonly #members: readonly Member[];
  readonly #byId = new Map<bigint, Member>();
  /** Members with a poll under way, and since when. */
  readonly #polling = new Map<Member, number>();
  #leaderId = 0n;
  #term = 0n;
  #next = 0;
  #turn = 0;
  #doubtUntilMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastHintMs = 0;

  constructor(members: readonly Member[]) {
    super();
    this.#members = members;
    this.setMaxListeners(0);
  }

  get leader(): Member | undefined {
    return this.#byId.get(this.#leaderId);
  }

  start(): void {
    this.#pollAll();
    this.#timer = setInterval(() => {
      if (this.#searching()) {
        this.#pollAll();
        return;
      }
      if (this.#turn % idleTurns === 0) this.#pollNext();
      this.#turn += 1;
    }, searchEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** A call found the leader gone or silent: ask everybody now. */
  hint(): void {
    const nowMs = performance.now();
    if (this.#timer === undefined || nowMs - this.#lastHintMs < hintEveryMs) return;
    this.#lastHintMs = nowMs;
    this.#doubtUntilMs = nowMs + doubtMs;
    this.#pollAll();
  }

  #searching(): boolean {
    const { leader } = this;
    if (leader === undefined) return true;
    const nowMs = performance.now();
    const askedMs = this.#polling.get(leader) ?? nowMs;
    return nowMs < this.#doubtUntilMs || nowMs - askedMs > overdueMs;
  }

  #pollAll(): void {
    for (const member of this.#members) void this.#poll(member);
  }

  #pollNext(): void {
    for (let tries = 0; tries < this.#members.length; tries += 1) {
      const member = this.#members[this.#next % this.#members.length];
      this.#next += 1;
      if (member === undefined || this.#polling.has(member)) continue;
      void this.#poll(member).then((answered) => {
        if (!answered) this.hint();
      });
      return;
    }
  }

  async #poll(member: Member): Promise<boolean> {
    if (this.#polling.has(member)) return true;
    this.#polling.set(member, performance.now());
    try {
      const status = await member.connection.unary(
        Maintenance.method.status,
        {},
        { deadlineMs: pollDeadlineMs },
      );
      this.#learn(member, status);
      return true;
    } catch {
      if (this.#timer !== undefined) member.connection.drop();
      return false;
    } finally {
      this.#polling.delete(member);
    }
  }

  #learn(member: Member, status: StatusResponse): void {
    const id = status.header?.memberId ?? 0n;
    const before = this.leader;
    this.#byId.set(id, member);
    const older = status.raftTerm < this.#term;
    const silent = status.raftTerm === this.#term && status.leader === 0n;
    if (!older && !silent) {
      this.#term = status.raftTerm;
      this.#leaderId = status.leader;
    }
    if (this.leader !== before) this.emit("change", { leader: this.leader, term: this.#term });
    if (silent) this.#doubtUntilMs = performance.now() + doubtMs;
    else if (!older && status.leader === id) this.#doubtUntilMs = 0;
  }
}
