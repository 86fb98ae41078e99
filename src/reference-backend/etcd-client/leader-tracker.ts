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

const SEARCH_EVERY_MS = 50;
/** Without doubt, one member is asked every so many turns of the search. */
const IDLE_TURNS = 2;
const DOUBT_MS = 1000;
const OVERDUE_MS = 100;
const POLL_DEADLINE_MS = 700;
const HINT_EVERY_MS = 20;

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
  private readonly members: readonly Member[];
  private readonly byId = new Map<bigint, Member>();
  /** Members with a poll under way, and since when. */
  private readonly polling = new Map<Member, number>();
  private leaderId = 0n;
  private term = 0n;
  private next = 0;
  private turn = 0;
  private doubtUntilMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private lastHintMs = 0;

  constructor(members: readonly Member[]) {
    super();
    this.members = members;
    this.setMaxListeners(0);
  }

  get leader(): Member | undefined {
    return this.byId.get(this.leaderId);
  }

  start(): void {
    this.pollAll();
    this.timer = setInterval(() => {
      if (this.searching()) {
        this.pollAll();
        return;
      }
      if (this.turn % IDLE_TURNS === 0) this.pollNext();
      this.turn += 1;
    }, SEARCH_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** A call found the leader gone or silent: ask everybody now. */
  hint(): void {
    const nowMs = performance.now();
    if (this.timer === undefined || nowMs - this.lastHintMs < HINT_EVERY_MS) return;
    this.lastHintMs = nowMs;
    this.doubtUntilMs = nowMs + DOUBT_MS;
    this.pollAll();
  }

  private searching(): boolean {
    const { leader } = this;
    if (leader === undefined) return true;
    const nowMs = performance.now();
    const askedMs = this.polling.get(leader) ?? nowMs;
    return nowMs < this.doubtUntilMs || nowMs - askedMs > OVERDUE_MS;
  }

  private pollAll(): void {
    for (const member of this.members) void this.poll(member);
  }

  private pollNext(): void {
    for (let tries = 0; tries < this.members.length; tries++) {
      const member = this.members[this.next % this.members.length];
      this.next += 1;
      if (member === undefined || this.polling.has(member)) continue;
      void this.poll(member).then((answered) => {
        if (!answered) this.hint();
      });
      return;
    }
  }

  private async poll(member: Member): Promise<boolean> {
    if (this.polling.has(member)) return true;
    this.polling.set(member, performance.now());
    try {
      const status = await member.connection.unary(
        Maintenance.method.status,
        {},
        { deadlineMs: POLL_DEADLINE_MS },
      );
      this.learn(member, status);
      return true;
    } catch {
      if (this.timer !== undefined) member.connection.drop();
      return false;
    } finally {
      this.polling.delete(member);
    }
  }

  private learn(member: Member, status: StatusResponse): void {
    const id = status.header?.memberId ?? 0n;
    const before = this.leader;
    this.byId.set(id, member);
    const older = status.raftTerm < this.term;
    const silent = status.raftTerm === this.term && status.leader === 0n;
    if (!older && !silent) {
      this.term = status.raftTerm;
      this.leaderId = status.leader;
    }
    if (this.leader !== before) this.emit("change", { leader: this.leader, term: this.term });
    if (silent) this.doubtUntilMs = performance.now() + DOUBT_MS;
    else if (!older && status.leader === id) this.doubtUntilMs = 0;
  }
}
