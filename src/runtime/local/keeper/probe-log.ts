/** What the probes of a backend's nodes have found, for listeners that come early or late. */
import type { ProbeNews } from "../../runtime.ts";
import type { KeeperProbed } from "./keeper-messages.ts";

/** Beyond it the oldest is forgotten: a backend that stays is started again by its probes for weeks. */
const newsMax = 1_000;

export class ProbeLog {
  readonly #news: ProbeNews[] = [];
  readonly #listeners: ((news: ProbeNews) => void)[] = [];

  tell({ node, pid, probe, state, detail, atMonotonicMs }: KeeperProbed): void {
    const news = { nodeId: node, pid, probe, state, detail, atMonotonicMs };
    this.#news.push(news);
    if (this.#news.length > newsMax) this.#news.shift();
    for (const listener of this.#listeners) listener(news);
  }

  listen(listener: (news: ProbeNews) => void): void {
    this.#listeners.push(listener);
    for (const news of this.#news) listener(news);
  }
}
