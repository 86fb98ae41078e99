/**
 * Rule 17: what one stream may hold, in both directions. Of what its client sends, a bounded number of
 * operations is unanswered, then nothing more is read until half of them are answered, and flow control
 * holds the client back. Of what it is sent, a bounded number of bytes waits to be read; a client that
 * leaves more is disconnected. Pure: the gateway's streams and the simulation's both go by it.
 */
export interface StreamLimits {
  /** Operations. */
  readonly unansweredMax: number;
  readonly unreadBytesMax: number;
}

export const streamLimits: StreamLimits = {
  unansweredMax: 8192,
  unreadBytesMax: 4 * 1024 * 1024,
};

export class StreamBounds {
  readonly #limits: StreamLimits;
  #unanswered = 0;
  #held = false;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** Of one message: more than may be unanswered at all can't be taken. */
  takes(operations: number): boolean {
    return operations <= this.#limits.unansweredMax;
  }

  arrived(operations: number): void {
    this.#unanswered += operations;
    if (this.#unanswered >= this.#limits.unansweredMax) this.#held = true;
  }

  answered(operations: number): void {
    this.#unanswered -= operations;
    if (this.#unanswered <= this.#limits.unansweredMax / 2) this.#held = false;
  }

  /** Whether the next message may be read. */
  get reads(): boolean {
    return !this.#held;
  }

  get allAnswered(): boolean {
    return this.#unanswered === 0;
  }

  /** Whether a client that left so many bytes is to be disconnected. */
  tooMuchUnread(bytes: number): boolean {
    return bytes > this.#limits.unreadBytesMax;
  }
}
