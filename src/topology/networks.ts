/**
 * What a player's or a region's network is like on an ordinary day, by name. A link has one as its base
 * where players sit behind it (`--networks`), and a fault can put it on any link (`degrade ... with profile=`).
 */

/** As `PUT /hunt/links/NAME` takes it (docs/links.md); what is absent does nothing. */
export interface LinkProfile {
  /** `upstream`: towards the server only; absent: both ways. */
  readonly direction?: "upstream" | "downstream";
  /** One way, like the jitter: half of a round trip. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
  readonly distribution?: "uniform" | "normal";
  /** 0 to 0.5. */
  readonly loss?: number;
  /** Mean length of a run of lost segments. */
  readonly burst?: number;
  readonly bitsPerS?: number;
  readonly blackhole?: boolean;
}

export const networkProfiles = {
  lan: { delayMs: 0.25, jitterMs: 0.1, distribution: "normal" },
  "mobile-4g": {
    delayMs: 25,
    jitterMs: 8,
    distribution: "normal",
    loss: 0.005,
    burst: 3,
    bitsPerS: 20e6,
  },
  "mobile-5g": {
    delayMs: 10,
    jitterMs: 3,
    distribution: "normal",
    loss: 0.001,
    burst: 2,
    bitsPerS: 100e6,
  },
  "cross-region": { delayMs: 40, jitterMs: 2, distribution: "normal", loss: 0.0001 },
} as const satisfies Readonly<Record<string, LinkProfile>>;

export type NetworkName = keyof typeof networkProfiles;

export const networkNames = Object.keys(networkProfiles).filter(isNetworkName);

export function isNetworkName(text: string): text is NetworkName {
  return Object.hasOwn(networkProfiles, text);
}
