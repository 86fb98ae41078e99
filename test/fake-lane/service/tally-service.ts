/** The service of the fake lane: an operation counter per player, in memory. README.md has its protocol. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export const sabotages = ["lose-one-in-100"] as const;
export type Sabotage = (typeof sabotages)[number];

const loseEach = 100;

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, number | boolean | string>>;
}

export function tallyService(sabotage?: Sabotage): Server {
  const tally = new Tally(sabotage);
  return createServer((request, response) => {
    void answer(tally, request)
      .catch(() => ({ status: 400, body: { error: "not understood" } }))
      .then((found) => send(response, found));
  });
}

class Tally {
  readonly #sequences = new Map<number, Set<number>>();
  readonly #sabotage: Sabotage | undefined;
  #writes = 0;

  constructor(sabotage: Sabotage | undefined) {
    this.#sabotage = sabotage;
  }

  /** @returns how many operations of the player are in the tally; with the sabotage, how many should be. */
  write(player: number, sequence: number): number {
    const known = this.#sequences.get(player) ?? new Set<number>();
    if (known.has(sequence)) return known.size;
    this.#writes += 1;
    if (this.#sabotage === "lose-one-in-100" && this.#writes % loseEach === 0)
      return known.size + 1;
    this.#sequences.set(player, known.add(sequence));
    return known.size;
  }

  count(player: number): number {
    return this.#sequences.get(player)?.size ?? 0;
  }
}

async function answer(tally: Tally, request: IncomingMessage): Promise<Answer> {
  const { method, url = "" } = request;
  const { pathname, searchParams } = new URL(url, "http://tally");
  if (method === "POST" && pathname === "/write") {
    const { player, sequence } = JSON.parse(await bodyOf(request));
    return { status: 200, body: { revision: tally.write(whole(player), whole(sequence)) } };
  }
  if (method === "GET" && pathname === "/read") {
    const count = tally.count(whole(Number(searchParams.get("player") ?? "none")));
    return { status: 200, body: { count, revision: count } };
  }
  if (method === "GET" && pathname === "/healthz") return { status: 200, body: { ready: true } };
  return { status: 404, body: { error: "no such call" } };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function whole(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new Error("not a whole number");
  }
  return value;
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
