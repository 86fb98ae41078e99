/**
 * The two ways in which the probes talk. What a lost segment costs depends on whether something follows
 * it: then the receiver's acknowledgements tell of the gap, and otherwise the sender's timer has to run
 * out. Real traffic is of both kinds, so both are compared.
 */

export interface Traffic {
  readonly name: "request" | "stream";
  readonly description: string;
  readonly connections: number;
  /** Between two messages of one connection; the connections take turns. */
  readonly everyMs: number;
  /** It waits for the answer to one message before it sends the next. */
  readonly waits: boolean;
  /** A round trip of that length was held up by a loss: half of what the loss costs, or nearly all of it. */
  readonly stallMs: number;
}

export const messageBytes = 200;

export const traffics: readonly Traffic[] = [
  {
    name: "request",
    description: "one message at a time on each of 50 connections, every 50 ms at most",
    connections: 50,
    everyMs: 50,
    waits: true,
    // Of the sender's timer, 200 ms.
    stallMs: 100,
  },
  {
    name: "stream",
    description: "a message every 20 ms on each of 20 connections, answered or not",
    connections: 20,
    everyMs: 20,
    waits: false,
    // Of the 20 ms until the next message tells of the gap.
    stallMs: 15,
  },
];
