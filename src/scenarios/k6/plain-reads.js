// A player's reads, over HTTP or gRPC: "ok" is a whole state with its revision, "unknown" one that the
// deadline cut off, "fail" anything else.
import http from "k6/http";
import { StatusDeadlineExceeded, StatusOK } from "k6/net/grpc";

/** k6's error code of a request that took too long. */
const requestTimeout = 1050;

export class PlainReads {
  #proxy;
  #session;
  #overGrpc;
  #nowMs;
  #connected = false;

  constructor(protocol, proxy, session, nowMs) {
    this.#overGrpc = protocol === "grpc";
    this.#proxy = proxy;
    this.#session = session;
    this.#nowMs = nowMs;
  }

  read(minRevision, boundMs) {
    return this.#overGrpc
      ? this.#readOverGrpc(minRevision, boundMs)
      : this.#readOverHttp(minRevision, boundMs);
  }

  close() {
    if (this.#connected) this.#proxy.client.close();
  }

  async #readOverHttp(minRevision, boundMs) {
    const asked = minRevision > 0 ? `?minRevision=${minRevision}` : "";
    const address = `http://${this.#proxy.address}/v1/sessions/${this.#session}/state${asked}`;
    const response = await http.asyncRequest("GET", address, null, { timeout: boundMs });
    if (response.error_code === requestTimeout) return { outcome: "unknown", revision: 0 };
    const revision = Number(response.headers["Session-Revision"]);
    const whole = response.status === 200 && response.body?.length > 0 && revision >= 0;
    return whole ? { outcome: "ok", revision } : { outcome: "fail", revision: 0 };
  }

  async #readOverGrpc(minRevision, boundMs) {
    const { client, address } = this.#proxy;
    const begunMs = this.#nowMs();
    if (!this.#connected) {
      client.connect(address, { plaintext: true, timeout: "1s" });
      this.#connected = true;
    }
    const response = await client.asyncInvoke(
      "hunt.sessions.v1.SessionReads/GetState",
      { session: this.#session, minRevision },
      { timeout: boundMs },
    );
    const overdue = this.#nowMs() - begunMs >= boundMs;
    if (response.status === StatusDeadlineExceeded && overdue)
      return { outcome: "unknown", revision: 0 };
    const whole = response.status === StatusOK && response.message?.json?.length > 0;
    if (!whole) return { outcome: "fail", revision: 0 };
    return { outcome: "ok", revision: Number(response.message.revision) };
  }
}
