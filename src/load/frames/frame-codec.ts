/**
 * Frames on a byte stream: `u32le length | u32le crc32 of payload | payload` (docs/swarm-protocol.md).
 * A frame that is too long or damaged can't be skipped, since nothing after it can be trusted.
 */
import { crc32 } from "node:zlib";

export const maxPayloadBytes = 16 * 1024 * 1024;
const headerBytes = 8;

/** The stream is damaged; the message says where and how. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FrameError";
  }
}

export function encodeFrame(message: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(message), "utf8");
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  payload.copy(frame, headerBytes);
  return frame;
}

export class FrameDecoder {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = headerBytes;
  /** Whole frames so far. */
  frames = 0;

  /** Bytes of a frame that has not arrived whole; more than 0 at the end of a stream: it was cut. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /**
   * The payloads that are whole with this chunk, in order.
   * @throws FrameError when the stream is damaged; the decoder can't be used after that.
   */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const payloads: Buffer[] = [];
    // A large frame comes in many chunks: they are joined once, when it is whole.
    while (this.#bytes >= this.#needed) {
      const joined = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
      if (joined === undefined) break;
      this.#chunks = [joined];
      this.#needed = headerBytes + this.#payloadLength(joined);
      if (this.#bytes < this.#needed) break;
      payloads.push(this.#take(joined));
    }
    return payloads;
  }

  #payloadLength(joined: Buffer): number {
    const length = joined.readUInt32LE(0);
    if (length > maxPayloadBytes) {
      throw new FrameError(
        `frame ${this.frames + 1} says it has ${length} bytes, at most ${maxPayloadBytes} are allowed`,
      );
    }
    return length;
  }

  #take(joined: Buffer): Buffer {
    const payload = joined.subarray(headerBytes, this.#needed);
    const expected = joined.readUInt32LE(4);
    const found = crc32(payload);
    if (expected !== found) {
      throw new FrameError(
        `frame ${this.frames + 1} (${payload.length} bytes) has checksum ${hex(found)}, its header says ${hex(expected)}`,
      );
    }
    const rest = joined.subarray(this.#needed);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#needed = headerBytes;
    this.frames += 1;
    return payload;
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
