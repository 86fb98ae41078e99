/** Random batch ids. Chance is asked for in bulk: one call to the system for each record would cost more than encoding it. */
import { Buffer } from "node:buffer";
import { randomFillSync } from "node:crypto";

const idBytes = 8;
const poolIds = 256;

/** Gives 16 hex digits, new each time. */
export function newBatchIds(): () => string {
  const pool = Buffer.alloc(idBytes * poolIds);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += idBytes;
    return pool.toString("hex", at - idBytes, at);
  };
}
