import { hrtime } from "node:process";

/**
 * Milliseconds on the kernel's monotonic clock. It counts alike in every process since the machine was
 * started, and never steps: for moments that another process has to keep.
 */
export function machineMs(): number {
  return Number(hrtime.bigint()) / 1e6;
}
