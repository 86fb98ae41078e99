/** How often each thing that a simulation must try did happen. A run in which one never did says little. */
export class Coverage {
  // Faults
  requestsLost = 0;
  requestsDelayed = 0;
  repliesLost = 0;
  repliesLate = 0;
  repliesTwice = 0;
  leaderLosses = 0;
  storeCuts = 0;
  slowStores = 0;
  fullStores = 0;
  pauses = 0;
  crashes = 0;
  stops = 0;
  watchRestarts = 0;
  connectionsLost = 0;
  proxyCuts = 0;
  proxyRestarts = 0;
  // What they led to
  takeovers = 0;
  handOvers = 0;
  fenced = 0;
  appendRetries = 0;
  lateCommits = 0;
  duplicates = 0;
  moved = 0;
  refused = 0;
  unknown = 0;
  readsHeld = 0;
  slowReadersCut = 0;
  refusedFull = 0;
  appliedFull = 0;
  sentAgain = 0;
  conflicts = 0;
  belowWindow = 0;
  closings = 0;
  forgotten = 0;
  reads = 0;
  readsWaited = 0;
  proxyLoads = 0;
  bases = 0;
  trims = 0;
  compactions = 0;
  basesDeleted = 0;
  tailsReadAgain = 0;
}

export type CoverageCounts = { readonly [Key in keyof Coverage]: number };

export const coverageKeys = Object.keys(new Coverage()) as (keyof Coverage)[];
