/** The players' networks of a plan: as an operator writes them, and as shares of the players. */
import { suggestionFor } from "../../suggestion.ts";
import { isNetworkName, type NetworkName, networkNames } from "../../topology/networks.ts";
import type { LoadPlan } from "./load-plan.ts";

export interface PlayerNetwork {
  readonly name: NetworkName;
  /** Of the players, above 0; those of a plan sum to 1. */
  readonly share: number;
}

/** In the order of the plan; none when the players reach the backend as they are. */
export function playerNetworks({ networks = {} }: Pick<LoadPlan, "networks">): PlayerNetwork[] {
  const weights = Object.entries(networks).flatMap(([name, weight]) =>
    isNetworkName(name) ? [{ name, weight }] : [],
  );
  const sum = weights.reduce((total, { weight }) => total + weight, 0);
  return weights.map(({ name, weight }) => ({ name, share: weight / sum }));
}

/** `mobile-4g=60,lan=40`, weights; or what is wrong with it. */
export function readPlayerNetworks(
  text: string,
): NonNullable<LoadPlan["networks"]> | { readonly wrong: string } {
  const networks: Partial<Record<NetworkName, number>> = {};
  for (const pair of text.split(",")) {
    const [name = "", weight = "", ...rest] = pair.trim().split("=");
    if (!isNetworkName(name)) return { wrong: `${pair} (${suggestionFor(name, networkNames)})` };
    if (networks[name] !== undefined) return { wrong: `${name} twice` };
    const value = Number(weight);
    if (rest.length > 0 || weight === "" || !(value > 0) || value > 1e6) return { wrong: pair };
    networks[name] = value;
  }
  return networks;
}
