/**
 * One device's stream to one gateway: messages arrive in order, now and then late; it breaks when the
 * gateway ends, or by itself. What is on its way then is lost, and neither side knows how much. The
 * gateway's end keeps to the bounds of the product's streams, and what it holds is counted apart.
 */
import type {
  Answer,
  SubmittedOperation,
} from "../../../../src/reference-backend/sessions/gateway/session-writer.ts";
import { StreamBounds } from "../../../../src/reference-backend/sessions/gateway/stream-bounds.ts";
import type { SimGateway } from "../actors/gateway.ts";
import { must } from "../checks/checks.ts";
import { streamLimits } from "../settings.ts";
import type { World } from "../world/world.ts";

const stallMsMax = 1200;
const reconnectMs = 50;

export interface ConnectionHandlers {
  readonly answered: (answer: Answer) => void;
  /** What was sent and not answered may have arrived. */
  readonly lost: () => void;
}

export class Connection {
  readonly gateway: SimGateway;
  readonly #world: World;
  readonly #handlers: ConnectionHandlers;
  #incarnation = -1;
  /** Counts breaks: what belongs to an earlier stream is dropped. */
  #stream = 0;
  #thereMs = 0;
  #backMs = 0;
  #openAgainMs = 0;
  #bounds: StreamBounds;
  /** Arrived while the gateway does not read. */
  #unread: (() => void)[] = [];
  #unansweredCount = 0;
  #answersOnTheirWay = 0;

  constructor(world: World, gateway: SimGateway, handlers: ConnectionHandlers) {
    this.#world = world;
    this.gateway = gateway;
    this.#handlers = handlers;
    this.#bounds = this.#newBounds();
  }

  /** False: there is no stream now, nothing was sent. */
  send(operation: SubmittedOperation): boolean {
    const world = this.#world;
    if (!this.#open()) return false;
    const stream = this.#stream;
    this.#thereMs = this.#arrivalMs(this.#thereMs);
    world.schedule.at(this.#thereMs, () => {
      if (this.#isStill(stream)) this.#arrive(() => this.#submit(operation, stream));
    });
    if (world.strikes(world.settings.breakProbability)) this.#break();
    return true;
  }

  keepAlive(session: string): void {
    if (!this.#open()) return;
    const { gateway } = this;
    const stream = this.#stream;
    this.#thereMs = this.#arrivalMs(this.#thereMs);
    this.#world.schedule.at(this.#thereMs, () => {
      if (this.#isStill(stream)) this.#arrive(() => gateway.keepAlive(session));
    });
  }

  #open(): boolean {
    const { gateway } = this;
    const world = this.#world;
    if (world.nowMs < this.#openAgainMs) return false;
    if (this.#incarnation === gateway.incarnation && gateway.up) return true;
    if (this.#incarnation >= 0 && this.#incarnation !== gateway.incarnation) this.#nextStream();
    if (!gateway.up) return false;
    this.#incarnation = gateway.incarnation;
    return true;
  }

  #break(): void {
    this.#world.coverage.connectionsLost += 1;
    this.#nextStream();
    this.#openAgainMs = this.#world.nowMs + reconnectMs;
    this.#world.schedule.after(1, () => this.#handlers.lost());
  }

  #nextStream(): void {
    this.#stream += 1;
    this.#bounds = this.#newBounds();
    this.#unread = [];
    this.#unansweredCount = 0;
    this.#answersOnTheirWay = 0;
  }

  #newBounds(): StreamBounds {
    return new StreamBounds(this.#world.removal.stream?.(streamLimits) ?? streamLimits);
  }

  /** At the gateway's end. */
  #arrive(message: () => void): void {
    this.#unread.push(message);
    if (!this.#bounds.reads) this.#world.coverage.readsHeld += 1;
    this.#read();
  }

  #read(): void {
    if (!this.#isStill(this.#stream)) return;
    while (this.#bounds.reads) {
      const message = this.#unread.shift();
      if (message === undefined) return;
      message();
    }
  }

  #submit(operation: SubmittedOperation, stream: number): void {
    this.#bounds.arrived(1);
    this.#unansweredCount += 1;
    must(
      this.#unansweredCount <= streamLimits.unansweredMax,
      "stream-overrun",
      () => `${this.#unansweredCount} operations of one stream are unanswered`,
    );
    this.gateway.submit(operation, (answer) => this.#answer(answer, stream));
  }

  #answer(answer: Answer, stream: number): void {
    const world = this.#world;
    if (stream !== this.#stream) return;
    this.#bounds.answered(1);
    this.#unansweredCount -= 1;
    this.#answersOnTheirWay += 1;
    if (this.#bounds.tooMuchUnread(this.#answersOnTheirWay)) {
      world.coverage.slowReadersCut += 1;
      this.#break();
      return;
    }
    must(
      this.#answersOnTheirWay <= streamLimits.unreadBytesMax,
      "stream-overrun",
      () => `${this.#answersOnTheirWay} answers of one stream are unread`,
    );
    this.#backMs = this.#arrivalMs(this.#backMs);
    const heard = (): void => {
      if (stream === this.#stream) this.#handlers.answered(answer);
    };
    world.schedule.at(this.#backMs, () => {
      if (stream === this.#stream) this.#answersOnTheirWay -= 1;
      heard();
    });
    if (world.strikes(world.settings.stallProbability)) world.schedule.at(this.#backMs, heard);
    if (this.#unread.length > 0 && this.#bounds.reads) {
      // Not at once: the gateway is in the middle of what made it answer.
      world.schedule.at(world.nowMs, () => this.#read());
    }
  }

  #isStill(stream: number): boolean {
    return (
      stream === this.#stream && this.gateway.up && this.#incarnation === this.gateway.incarnation
    );
  }

  /** In order, so never before what was sent before. */
  #arrivalMs(lastMs: number): number {
    const world = this.#world;
    let atMs = world.nowMs + world.random.between(0.1, 1);
    if (world.strikes(world.settings.stallProbability)) {
      atMs += world.random.between(50, stallMsMax);
    }
    return Math.max(lastMs, atMs);
  }
}
