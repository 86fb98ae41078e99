/** gRPC's framing of messages on an HTTP/2 stream: a flag byte, a length of four bytes, the message. */
import { Buffer } from "node:buffer";

const headerBytes = 5;
/** A watch may send a snapshot of many events; nothing etcd sends is near this. */
const messageBytesMax = 256 * 1024 * 1024;

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headerBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, headerBytes);
  return framed;
}

/** Cuts a stream of bytes into messages. */
export class FrameReader {
  readonly #chunks: Buffer[] = [];
  #buffered = 0;
  readonly #onMessage: (message: Uint8Array) => void;

  constructor(onMessage: (message: Uint8Array) => void) {
    this.#onMessage = onMessage;
  }

  /** @throws RangeError on a compressed or oversized message; the stream is of no use then. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#buffered >= headerBytes) {
      const length = this.#peekLength();
      if (this.#buffered < headerBytes + length) return;
      const all = this.#join();
      this.#onMessage(all.subarray(headerBytes, headerBytes + length));
      const rest = all.subarray(headerBytes + length);
      this.#chunks.length = 0;
      if (rest.length > 0) this.#chunks.push(rest);
      this.#buffered = rest.length;
    }
  }

  #peekLength(): number {
    let head = this.#chunks[0];
    if (head === undefined || head.length < headerBytes) head = this.#join();
    if (head[0] !== 0) throw new RangeError("gRPC message is compressed, which was not asked for");
    const length = head.readUInt32BE(1);
    if (length > messageBytesMax) throw new RangeError(`gRPC message of ${length} bytes`);
    return length;
  }

  #join(): Buffer {
    const first = this.#chunks[0];
    if (this.#chunks.length === 1 && first !== undefined) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks.length = 0;
    this.#chunks.push(all);
    return all;
  }
}
