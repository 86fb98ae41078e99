/**
 * One device's stream to one gateway: messages arrive in order, now and then late; it breaks when the
 * gateway ends, or by itself. What is on its way then is lost, and neither side knows how much.
 */
import type { Answer, SubmittedOperation } from "../gateway/session-writer.ts";
import type { SimGateway } from "./gateway.ts";
import type { World } from "./world.ts";

const STALL_MS_MAX = 1200;
const RECONNECT_MS = 50;

export interface ConnectionHandlers {
  readonly answered: (answer: Answer) => void;
  /** What was sent and not answered may have arrived. */
  readonly lost: () => void;
}

export class Connection {
  readonly gateway: SimGateway;
  private readonly world: World;
  private readonly handlers: ConnectionHandlers;
  private incarnation = -1;
  /** Counts breaks: what belongs to an earlier stream is dropped. */
  private stream = 0;
  private thereMs = 0;
  private backMs = 0;
  private openAgainMs = 0;

  constructor(world: World, gateway: SimGateway, handlers: ConnectionHandlers) {
    this.world = world;
    this.gateway = gateway;
    this.handlers = handlers;
  }

  /** False: there is no stream now, nothing was sent. */
  send(operation: SubmittedOperation): boolean {
    const { world, gateway } = this;
    if (!this.open()) return false;
    const { stream } = this;
    this.thereMs = this.arrivalMs(this.thereMs);
    world.schedule.at(this.thereMs, () => {
      if (!this.isStill(stream)) return;
      gateway.submit(operation, (answer) => this.answer(answer, stream));
    });
    if (world.strikes(world.settings.breakProbability)) this.break();
    return true;
  }

  keepAlive(session: string): void {
    if (!this.open()) return;
    const { stream, gateway } = this;
    this.thereMs = this.arrivalMs(this.thereMs);
    this.world.schedule.at(this.thereMs, () => {
      if (this.isStill(stream)) gateway.keepAlive(session);
    });
  }

  private open(): boolean {
    const { gateway, world } = this;
    if (world.nowMs < this.openAgainMs) return false;
    if (this.incarnation === gateway.incarnation && gateway.up) return true;
    if (this.incarnation >= 0 && this.incarnation !== gateway.incarnation) this.stream++;
    if (!gateway.up) return false;
    this.incarnation = gateway.incarnation;
    return true;
  }

  private break(): void {
    this.world.coverage.connectionsLost++;
    this.stream++;
    this.openAgainMs = this.world.nowMs + RECONNECT_MS;
    this.world.schedule.after(1, () => this.handlers.lost());
  }

  private answer(answer: Answer, stream: number): void {
    const { world } = this;
    if (stream !== this.stream) return;
    this.backMs = this.arrivalMs(this.backMs);
    const heard = (): void => {
      if (stream === this.stream) this.handlers.answered(answer);
    };
    world.schedule.at(this.backMs, heard);
    if (world.strikes(world.settings.stallProbability)) world.schedule.at(this.backMs, heard);
  }

  private isStill(stream: number): boolean {
    return (
      stream === this.stream && this.gateway.up && this.incarnation === this.gateway.incarnation
    );
  }

  /** In order, so never before what was sent before. */
  private arrivalMs(lastMs: number): number {
    const { world } = this;
    let atMs = world.nowMs + world.random.between(0.1, 1);
    if (world.strikes(world.settings.stallProbability)) {
      atMs += world.random.between(50, STALL_MS_MAX);
    }
    return Math.max(lastMs, atMs);
  }
}
