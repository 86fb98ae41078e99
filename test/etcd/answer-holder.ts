/**
 * For tests: a TCP relay before one etcd member that can hold back what the member answers, so that a
 * request is carried out and nobody hears of it.
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class AnswerHolder {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<{ client: Socket; member: Socket }>();

  /** `endpoint`: host:port of the member. */
  constructor(endpoint: string) {
    this.#target = Number(endpoint.split(":")[1]);
    this.#server = createServer((client) => this.#accept(client));
  }

  /** Resolves to the relay's own host:port. */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  /** Connections that are open now pass no answer on any more. */
  hold(): void {
    for (const { client, member } of this.#pairs) {
      member.unpipe(client);
      member.pause();
    }
  }

  /** Ends the connections, and with them the answers that were held. */
  cut(): void {
    for (const { client, member } of this.#pairs) {
      client.destroy();
      member.destroy();
    }
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #accept(client: Socket): void {
    const member = connect(this.#target, "127.0.0.1");
    const pair = { client, member };
    this.#pairs.add(pair);
    client.pipe(member);
    member.pipe(client);
    for (const [one, other] of [
      [client, member],
      [member, client],
    ] as const) {
      one.on("error", () => undefined);
      one.once("close", () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}
