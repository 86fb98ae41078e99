/**
 * A link that nobody listens on: its proxy is disabled. Connections that were open end, and new ones are
 * refused by the kernel. A connection of hunt's own shows it.
 */
import { ToxiproxyClient } from "../../../engines/toxiproxy/toxiproxy-client.ts";
import type { LinkState } from "../../../metrics/links.ts";
import { proxyNameOf } from "../../../topology/proxy-name.ts";
import type { FaultKind } from "../../fault.ts";
import { until } from "../serving.ts";
import { probe } from "./link-probe.ts";
import { apiOf, onProxiedLinks, stateOf } from "./link-toxic.ts";
import { connectionsText, endedBetween, linkAddressOf } from "./standard-toxic.ts";

const callBoundMs = 4_000;
const probeBoundMs = 1_000;

export const refuse: FaultKind = {
  ...onProxiedLinks,
  name: "refuse",
  cuts: true,
  description: "a link refuses connections, and ends those that are open",
  undo: "enable the link's proxy again",
  on(link, world) {
    const name = proxyNameOf(link.id);
    const client = () => new ToxiproxyClient(apiOf(world));
    let before: LinkState | undefined;
    let evidence = "";
    return {
      async inject() {
        const signal = AbortSignal.timeout(callBoundMs);
        before = await stateOf(world, link.id, signal);
        await client().setEnabled(name, false, signal);
      },
      async waitForEffect(signal) {
        const address = linkAddressOf(world, link);
        await until(
          signal,
          () => `${address} still takes connections`,
          async () => (await probe(address, "end", probeBoundMs, signal)).end === "refused",
        );
        const now = await stateOf(world, link.id, signal);
        const ended = before === undefined ? 0 : endedBetween(before, now);
        evidence = `hunt's own connection was refused, ${connectionsText(ended)} ended`;
      },
      heal: (signal) => client().setEnabled(name, true, signal),
      async waitForRecovery(signal) {
        await until(
          signal,
          () => `${name} is still disabled`,
          async () => (await client().proxy(name, signal)).enabled,
        );
      },
      evidence: () => evidence,
    };
  },
};
