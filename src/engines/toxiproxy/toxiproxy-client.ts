/**
 * Calls of Toxiproxy's own API, by the client that its users know. It can't be aborted, and its errors say
 * little of the call; so each call here has a bound, and fails with a HuntError. One that was given up may
 * still arrive: whoever undoes something looks at what is.
 */
import type { Toxiproxy } from "toxiproxy-node-client";
import { z } from "zod";
import { exitCodes } from "../../exit-codes.ts";
import { HuntError } from "../../hunt-error.ts";
import { reasonOf } from "../../reason-of.ts";

const callBoundMs = 2_000;

/** Toxiproxy's standard toxics that hunt sets, with what each takes. */
export interface StandardToxic {
  readonly name: string;
  readonly type: "reset_peer" | "slow_close" | "limit_data";
  /** `upstream`: what the client sends. */
  readonly stream: "upstream" | "downstream";
  readonly attributes: Readonly<Record<string, number>>;
}

const proxySchema = z.object({
  name: z.string(),
  listen: z.string(),
  upstream: z.string(),
  enabled: z.boolean(),
});

export type ProxyState = z.infer<typeof proxySchema>;

export class ToxiproxyClient {
  readonly #address: string;

  /** @param address `host:port` of the API. */
  constructor(address: string) {
    this.#address = address;
  }

  proxies(signal: AbortSignal): Promise<readonly ProxyState[]> {
    return this.#call("list the proxies", signal, async (api) =>
      Object.values(await api.getAll()).map((proxy) => proxySchema.parse(proxy)),
    );
  }

  proxy(name: string, signal: AbortSignal): Promise<ProxyState> {
    return this.#call(`read ${name}`, signal, async (api) =>
      proxySchema.parse(await api.get(name)),
    );
  }

  /** A proxy that is disabled does not listen, and its connections are closed. */
  async setEnabled(name: string, enabled: boolean, signal: AbortSignal): Promise<void> {
    const doing = `${enabled ? "enable" : "disable"} ${name}`;
    await this.#call(doing, signal, async (api) => {
      const proxy = await api.get(name);
      const { listen, upstream } = proxy;
      await proxy.update({ listen, upstream, enabled });
    });
  }

  async addToxic(name: string, toxic: StandardToxic, signal: AbortSignal): Promise<void> {
    await this.#call(`add ${toxic.name} to ${name}`, signal, async (api) => {
      const proxy = await api.get(name);
      await proxy.addToxic({ ...toxic, toxicity: 1 });
    });
  }

  /** One that is not there is as good as removed. */
  async removeToxic(name: string, toxic: string, signal: AbortSignal): Promise<void> {
    await this.#call(`remove ${toxic} from ${name}`, signal, async (api) => {
      const proxy = await api.get(name);
      const found = await proxy.getToxic(toxic).catch(absent);
      await found?.remove();
    });
  }

  hasToxic(name: string, toxic: string, signal: AbortSignal): Promise<boolean> {
    return this.#call(`look for ${toxic} on ${name}`, signal, async (api) => {
      const proxy = await api.get(name);
      return (await proxy.getToxic(toxic).catch(absent)) !== undefined;
    });
  }

  /** @param doing As in "could not ...". */
  async #call<T>(
    doing: string,
    signal: AbortSignal,
    call: (api: Toxiproxy) => Promise<T>,
  ): Promise<T> {
    const startedMs = performance.now();
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(callBoundMs)]);
    const { promise: over, reject } = Promise.withResolvers<never>();
    const end = () => reject(bounded.reason);
    bounded.addEventListener("abort", end, { once: true });
    try {
      bounded.throwIfAborted();
      // Loaded here: a hunt that has no links has no use for it.
      const client = await import("toxiproxy-node-client");
      return await Promise.race([call(new client.Toxiproxy(`http://${this.#address}`)), over]);
    } catch (error) {
      const tookMs = Math.round(performance.now() - startedMs);
      throw new HuntError({
        code: "engine.toxiproxy-call",
        exitCode: exitCodes.environment,
        message: `Toxiproxy at ${this.#address} did not ${doing}, after ${tookMs} ms: ${reasonOf(error)}`,
        hint: "hunt logs toxiproxy/1 shows what it said.",
        cause: error,
      });
    } finally {
      bounded.removeEventListener("abort", end);
    }
  }
}

/** The client keeps nothing of an answer but its status, in words. */
function absent(error: unknown): undefined {
  if (reasonOf(error).includes("status code 404")) return undefined;
  throw error;
}
