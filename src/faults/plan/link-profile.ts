/** What a fault does to a link, as the operator writes it: `jitter=120ms,loss=3%,profile=mobile-4g`. */
import { suggestionFor } from "../../suggestion.ts";
import {
  isNetworkName,
  type LinkProfile,
  networkNames,
  networkProfiles,
} from "../../topology/networks.ts";

const directions: Readonly<Record<string, Pick<LinkProfile, "direction">>> = {
  to: { direction: "upstream" },
  from: { direction: "downstream" },
  both: {},
};

const maxDelayMs = 60_000;
const bitUnits: Readonly<Record<string, number>> = { kbit: 1e3, Mbit: 1e6, Gbit: 1e9 };

type Reader = (text: string) => LinkProfile | undefined;

const parameters: Readonly<Record<string, { readonly example: string; readonly read: Reader }>> = {
  delay: { example: "40ms", read: (text) => named("delayMs", milliseconds(text)) },
  jitter: { example: "120ms", read: (text) => named("jitterMs", milliseconds(text)) },
  loss: { example: "3%, at most 50%", read: (text) => named("loss", share(text)) },
  burst: { example: "4, at least 1", read: (text) => named("burst", atLeastOne(text)) },
  bandwidth: { example: "10Mbit", read: (text) => named("bitsPerS", bits(text)) },
  profile: {
    example: networkNames.join(", "),
    read: (text) => (isNetworkName(text) ? networkProfiles[text] : undefined),
  },
  direction: { example: Object.keys(directions).join(", "), read: (text) => directions[text] },
};

/** What a blackhole takes: `direction=from`, or nothing. */
export function readDirection(
  text: string | undefined,
): Pick<LinkProfile, "direction"> | { readonly wrong: string } {
  if (text === undefined) return {};
  const [name = "", value = ""] = text.split("=");
  const direction = name === "direction" ? directions[value] : undefined;
  return direction ?? { wrong: `expected direction=to, from or both, got "${text}"` };
}

/** The profile, or what is wrong with the text. A `profile` comes first, whatever its place. */
export function readLinkProfile(text: string): LinkProfile | { readonly wrong: string } {
  const pairs = text.split(",").map((pair) => pair.split("="));
  const isProfile = ([name]: readonly string[]) => name === "profile";
  let profile: LinkProfile = {};
  for (const [name = "", value, ...rest] of [
    ...pairs.filter(isProfile),
    ...pairs.filter((pair) => !isProfile(pair)),
  ]) {
    const known = parameters[name];
    if (known === undefined) {
      const suggestion = suggestionFor(name, Object.keys(parameters));
      return { wrong: `a link has no "${name}". ${suggestion}` };
    }
    const read = value === undefined || rest.length > 0 ? undefined : known.read(value);
    if (read === undefined) {
      return { wrong: `expected ${name}=VALUE such as ${known.example}, got "${value ?? ""}"` };
    }
    profile = { ...profile, ...read };
  }
  return profile;
}

function named(key: keyof LinkProfile, value: number | undefined): LinkProfile | undefined {
  return value === undefined ? undefined : { [key]: value };
}

function milliseconds(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  const value = Number(match?.[1]) * (match?.[2] === "s" ? 1000 : 1);
  return value > 0 && value <= maxDelayMs ? value : undefined;
}

function share(text: string): number | undefined {
  const value = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]) / 100;
  return value > 0 && value <= 0.5 ? value : undefined;
}

function atLeastOne(text: string): number | undefined {
  const value = Number(/^\d+(?:\.\d+)?$/.exec(text)?.[0]);
  return value >= 1 && value <= 1000 ? value : undefined;
}

function bits(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(kbit|Mbit|Gbit)$/.exec(text);
  const value = Number(match?.[1]) * (bitUnits[match?.[2] ?? ""] ?? Number.NaN);
  return value > 0 ? value : undefined;
}
