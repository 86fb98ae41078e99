/** A link that is slow, jumpy, lossy or narrow, as its proxy plays it. */
import type { FaultKind } from "../../fault.ts";
import { readLinkProfile } from "../../plan/link-profile.ts";
import { onProxiedLinks, toxicOn } from "./link-toxic.ts";

export const degrade: FaultKind = {
  ...onProxiedLinks,
  name: "degrade",
  description:
    "delay, jitter, modelled loss or little bandwidth on a link: with jitter=120ms,loss=3%; with profile=mobile-4g",
  presets: [
    "jitter=120ms,loss=3%",
    "profile=mobile-4g",
    "profile=mobile-5g",
    "profile=cross-region",
    "delay=200ms",
    "bandwidth=1Mbit",
  ],
  settings(text) {
    if (text === undefined) return 'expected what it does, such as "with jitter=120ms,loss=3%"';
    const profile = readLinkProfile(text);
    if ("wrong" in profile) return profile.wrong;
    const does = Object.keys(profile).some((each) => each !== "direction");
    return does ? undefined : 'expected what it does beside its direction, such as "delay=40ms"';
  },
  on(link, world, plan) {
    const profile = readLinkProfile(plan?.with ?? "profile=lan");
    return toxicOn(link, world, "wrong" in profile ? {} : profile, plan?.forS);
  },
};
