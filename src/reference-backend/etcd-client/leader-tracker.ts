/**
 * Knows which member leads: every 100 ms one member is asked for its status, in turn, and at once
 * another one when that fails or a call hints that the leader is gone. A member that was cut off may
 * still believe in an old leader, so an answer counts only with a term at least as new as the known
 * one. Members are told apart by the id in their answer, not by advertised addresses: a proxy may
 * stand between.
 *
 * The polls are each connection's proof of life too: one that leaves a poll unanswered is dropped.
 */
import { EventEmitter } from "node:events";
import { Maintenance, type StatusResponse } from "./gen/etcdserverpb/rpc_pb.ts";
import type { GrpcConnection } from "./grpc-connection.ts";

const POLL_EVERY_MS = 100;
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
  private readonly polling = new Set<Member>();
  private leaderId = 0n;
  private term = 0n;
  private next = 0;
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
    this.timer = setInterval(() => this.pollNext(), POLL_EVERY_MS);
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
    this.pollAll();
  }

  private pollAll(): void {
    for (const member of this.members) void this.poll(member);
  }

  private pollNext(): void {
    for (let tries = 0; tries < this.members.length; tries++) {
      const member = this.members[this.next++ % this.members.length];
      if (member === undefined || this.polling.has(member)) continue;
      void this.poll(member).then((answered) => {
        if (!answered) this.hint();
      });
      return;
    }
  }

  private async poll(member: Member): Promise<boolean> {
    if (this.polling.has(member)) return true;
    this.polling.add(member);
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
    const isNew = this.byId.get(id) !== member;
    this.byId.set(id, member);
    const older = status.raftTerm < this.term;
    const silent = status.raftTerm === this.term && status.leader === 0n;
    if (!older && !silent) {
      this.term = status.raftTerm;
      this.leaderId = status.leader;
    }
    if (this.leader !== before) this.emit("change", { leader: this.leader, term: this.term });
    // It leads, but nobody has told yet which endpoint it is.
    if (isNew && this.leaderId !== 0n && this.leader === undefined) this.hint();
  }
}
