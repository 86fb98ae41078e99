/**
 * stdout and stderr as hunt writes them. A reader that has gone (`| head -1`) is quiet: nothing more is written.
 * Any other failure is kept, so that `main.ts` can say what was lost and end with a code.
 */
import { fstatSync, writeSync } from "node:fs";

export interface OutputStream {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

export type StreamName = "stdout" | "stderr";

/** Output that could not be written, though its reader was there. */
export interface LostOutput {
  readonly stream: StreamName;
  /** In the words of the system. */
  readonly why: string;
  /** What had been written before. */
  readonly writtenBytes: number;
}

/** A socket says `ECONNRESET` where a pipe says `EPIPE`. */
const readerHasGone = ["EPIPE", "ECONNRESET"];

export type EndListener = (lost: LostOutput | undefined) => void;

export class SystemOutput implements OutputStream {
  readonly #name: StreamName;
  readonly #stream: NodeJS.WriteStream & { readonly fd: number };
  readonly #inOneGo: boolean;
  readonly #listeners = new Set<EndListener>();
  #writtenBytes = 0;
  #end: { readonly lost: LostOutput | undefined } | undefined;

  constructor(name: StreamName, stream: NodeJS.WriteStream & { readonly fd: number }) {
    this.#name = name;
    this.#stream = stream;
    this.#inOneGo = !stream.isTTY && !isPipe(stream.fd);
    stream.on("error", (error) => this.#fail(error));
  }

  /** A failure is told to the listeners, never thrown: the command decides what it means. */
  write(text: string): void {
    if (this.#end !== undefined) return;
    const bytes = Buffer.from(text);
    if (this.#inOneGo) this.#writeToFile(bytes);
    else {
      this.#stream.write(bytes, (error) => {
        if (error === null || error === undefined) this.#writtenBytes += bytes.length;
      });
    }
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  get lost(): LostOutput | undefined {
    return this.#end?.lost;
  }

  /** Calls back once nothing can be written any more; at once when that is so already. */
  onEnd(listener: EndListener): () => void {
    this.#listeners.add(listener);
    if (this.#end !== undefined) listener(this.#end.lost);
    return () => this.#listeners.delete(listener);
  }

  /** Node writes to a file once and takes a disk that held only a part of it for a success. */
  #writeToFile(bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        const written = writeSync(this.#stream.fd, bytes, done);
        if (written === 0) throw new Error("nothing more was taken");
        done += written;
        this.#writtenBytes += written;
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    if (this.#end !== undefined) return;
    const code = "code" in error ? String(error.code) : "";
    const lost = { stream: this.#name, why: error.message, writtenBytes: this.#writtenBytes };
    this.#end = { lost: readerHasGone.includes(code) ? undefined : lost };
    for (const listener of this.#listeners) listener(this.#end.lost);
  }
}

/** Node writes all of what it is given to these. */
function isPipe(fd: number): boolean {
  const facts = fstatSync(fd);
  return facts.isFIFO() || facts.isSocket();
}
