// A player's streams to the gateways: opened when first needed, opened again after a break.
import { Stream } from "k6/net/grpc";

const firstBackoffMs = 50;
const longestBackoffMs = 500;

export class PlainStreams {
  // Set by the player: an answer came; a stream broke, with the gateway's place.
  onAnswer = () => {};
  onLost = () => {};
  #lines;
  #nowMs;
  #onReconnect;
  #closing = false;

  constructor(gateways, nowMs, onReconnect) {
    this.#nowMs = nowMs;
    this.#onReconnect = onReconnect;
    this.#lines = gateways.map((gateway) => ({
      ...gateway,
      stream: undefined,
      opened: 0,
      backoffMs: firstBackoffMs,
      notBeforeMs: 0,
    }));
  }

  get count() {
    return this.#lines.length;
  }

  /** The gateway's place by its name; -1 if nobody has it. */
  named(name) {
    return this.#lines.findIndex((line) => line.name === name);
  }

  /** Sends to a gateway; false if there is no stream to it now. */
  send(place, operations) {
    const line = this.#lines[place];
    if (!this.connect(place)) return false;
    line.stream.write({ operations });
    return true;
  }

  /** A message without operations: the session is alive. It goes wherever there is a stream. */
  keepAlive(session) {
    for (const { stream } of this.#lines) stream?.write({ keepAlives: [session] });
  }

  connect(place) {
    const line = this.#lines[place];
    if (line.stream !== undefined) return true;
    if (this.#closing || this.#nowMs() < line.notBeforeMs) return false;
    try {
      line.client.connect(line.address, { plaintext: true, timeout: "1s" });
      const stream = new Stream(line.client, "hunt.sessions.v1.Sessions/Play");
      stream.on("data", ({ answers }) => {
        for (const answer of answers ?? []) this.onAnswer(answer, place);
      });
      stream.on("error", () => this.#lose(line, stream, place));
      stream.on("end", () => this.#lose(line, stream, place));
      line.stream = stream;
    } catch {
      this.#backOff(line);
      return false;
    }
    line.opened += 1;
    line.backoffMs = firstBackoffMs;
    if (line.opened > 1) this.#onReconnect();
    return true;
  }

  close() {
    this.#closing = true;
    for (const { stream, client } of this.#lines) {
      stream?.end();
      client.close();
    }
  }

  #lose(line, stream, place) {
    if (line.stream !== stream) return;
    line.stream = undefined;
    line.client.close();
    this.#backOff(line);
    if (!this.#closing) this.onLost(place);
  }

  #backOff(line) {
    line.notBeforeMs = this.#nowMs() + line.backoffMs;
    line.backoffMs = Math.min(2 * line.backoffMs, longestBackoffMs);
  }
}
