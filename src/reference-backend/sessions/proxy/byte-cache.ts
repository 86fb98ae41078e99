/** JSON bytes per session, the least recently read given up first. */
import type { SessionSnapshot } from "./session-index.ts";

export class ByteCache {
  private readonly entries = new Map<string, SessionSnapshot>();
  private readonly bytesMax: number;
  private bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get(session: string, revision: number): SessionSnapshot | undefined {
    const entry = this.entries.get(session);
    if (entry === undefined || entry.revision !== revision) return undefined;
    this.entries.delete(session);
    this.entries.set(session, entry);
    return entry;
  }

  set(session: string, snapshot: SessionSnapshot): void {
    this.remove(session);
    this.entries.set(session, snapshot);
    this.bytes += snapshot.bytes.length;
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.bytesMax) return;
      this.remove(oldest);
    }
  }

  private remove(session: string): void {
    this.bytes -= this.entries.get(session)?.bytes.length ?? 0;
    this.entries.delete(session);
  }
}
