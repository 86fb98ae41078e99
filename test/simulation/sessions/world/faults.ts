/** What is done to a world, and when: drawn from the seed, over while the run is still long. */

import type { SimGateway } from "../actors/gateway.ts";
import type { SimProxy } from "../actors/proxy.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

/** Shorter than a session lives: else a keep-alive that waited for it comes too late. */
const pauseMsMax = 2500;

type Fault = (world: World, gateway: SimGateway, proxy: SimProxy) => void;

const faults: readonly Fault[] = [
  (world, gateway) => gateway.pause(world.random.between(200, pauseMsMax)),
  (world, gateway) => gateway.pause(world.random.between(600, 1500)),
  (world, gateway) => {
    gateway.crash();
    startLater(world, gateway);
  },
  (world, gateway) => gateway.stop(world.random.between(10, 1500)),
  (world, gateway) => {
    const forMs = world.random.between(200, 3000);
    world.coverage.storeCuts += 1;
    world.story.tell(`${gateway.name} is cut off the store for ${Math.round(forMs)} ms`);
    gateway.cutFromStore(world.nowMs + forMs);
  },
  (world, gateway) => {
    world.coverage.slowStores += 1;
    gateway.slowStore(world.nowMs + world.random.between(300, 1500));
  },
  (world, gateway) => {
    world.coverage.watchRestarts += 1;
    gateway.restartWatches(world.nowMs + world.random.between(50, 2500));
  },
  (_world, _gateway, proxy) => proxy.restart(),
  (_world, _gateway, proxy) => proxy.breakWatch("the connection broke"),
  (world, _gateway, proxy) => {
    world.coverage.proxyCuts += 1;
    proxy.freeze(world.random.between(100, 2500));
  },
  (world) => {
    const forMs = world.random.between(300, 2500);
    world.coverage.proxyCuts += 1;
    world.random.pick(world.members).cut(world.nowMs + forMs);
  },
];

/** Leaders are lost now and then, the other faults hit one gateway and one proxy each. */
export function scheduleFaults(
  world: World,
  gateways: readonly SimGateway[],
  proxies: readonly SimProxy[],
): void {
  const { random, settings, schedule } = world;
  for (let i = 0; i < settings.faults; i += 1) {
    schedule.at(random.between(500, settings.activeMs), () => {
      random.pick(faults)(world, random.pick(gateways), random.pick(proxies));
    });
  }
  if (random.chance(0.5)) {
    schedule.at(random.between(500, settings.activeMs), () => loseLeader(world, gateways, proxies));
  }
  // Of its own, so that everything else of a seed stays as it is.
  const own = new Random(world.seed ^ 0x5eed);
  if (own.chance(0.3)) {
    const forMs = own.between(200, 1500);
    schedule.at(own.between(500, settings.activeMs), () => fillStore(world, forMs));
  }
}

function fillStore(world: World, forMs: number): void {
  world.coverage.fullStores += 1;
  world.story.tell(`the store has no space for ${Math.round(forMs)} ms`);
  world.fullUntilMs = world.nowMs + forMs;
  world.fills = true;
}

/** Everything that is broken is well from now on, but for what is still on its way. */
export function heal(world: World, gateways: readonly SimGateway[]): void {
  world.faulty = false;
  world.healedAtMs = world.nowMs;
  world.fullUntilMs = 0;
  world.story.tell("everything is healed");
  for (const gateway of gateways) gateway.heal();
  for (const member of world.members) member.cut(0);
}

function loseLeader(
  world: World,
  gateways: readonly SimGateway[],
  proxies: readonly SimProxy[],
): void {
  const forMs = world.random.between(150, 1500);
  world.coverage.leaderLosses += 1;
  world.story.tell(`the store has no leader for ${Math.round(forMs)} ms`);
  world.leaderlessUntilMs = world.nowMs + forMs;
  world.schedule.after(world.random.between(0, forMs), () => {
    for (const proxy of proxies) proxy.breakWatch("no leader");
  });
  world.schedule.after(forMs + 1, () => {
    const leader = world.random.whole(0, 2);
    for (const gateway of gateways) gateway.leaderChanged();
    for (const proxy of proxies) proxy.leaderChanged(leader);
  });
}

function startLater(world: World, gateway: SimGateway): void {
  world.schedule.after(world.random.between(100, 2500), () => {
    if (!gateway.up) gateway.start();
  });
}
