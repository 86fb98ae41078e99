/**
 * What one etcd member takes of its disk. The write-ahead log is written in files of 64 MB. Each is preallocated,
 * and so is the next one: 128 MB before the first write. etcd looks every 30 s for files beyond the newest five.
 */
export const walFileBytes = 64e6;
const walFilesAtStart = 2;
const walFilesKept = 5;
const purgeEveryS = 30;
/** etcd's own default of `--quota-backend-bytes`. */
const defaultQuotaBytes = 2 * 1024 ** 3;

export interface StoreGrowth {
  /** Written to the log of a member over the whole run. */
  readonly walBytes: number;
  /** The same in the busiest second. */
  readonly walBytesPerS: number;
  /** By which the database of a member grows, were there no quota. */
  readonly dbBytes: number;
}

export interface MemberSpace {
  /** Taken before the first write. */
  readonly atStartBytes: number;
  readonly logGrowthBytes: number;
  readonly dbBytes: number;
}

export function memberSpace(growth: StoreGrowth, quotaBytes = defaultQuotaBytes): MemberSpace {
  const filled = Math.floor(growth.walBytes / walFileBytes);
  const keptMax = walFilesKept - 1 + Math.ceil((purgeEveryS * growth.walBytesPerS) / walFileBytes);
  return {
    atStartBytes: walFilesAtStart * walFileBytes,
    logGrowthBytes: walFileBytes * Math.min(filled, keptMax),
    dbBytes: Math.min(growth.dbBytes, quotaBytes),
  };
}
