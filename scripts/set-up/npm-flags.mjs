/**
 * How npm is called. No package of ours needs its install script, and what ran none can't differ by
 * machine; retries are fewer and faster than npm's own, so that a missing network is told within seconds.
 */
export const npmFlags = [
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--no-update-notifier",
  "--fetch-retries=2",
  "--fetch-retry-mintimeout=1000",
  "--fetch-retry-maxtimeout=5000",
];
