/** Writes down where a backend can be found from now on. */

import { identityOf } from "./keeper/process-identity.ts";
import { type BackendPlace, readState, writeState } from "./kept/backend-state.ts";

/** Before its keeper listens or stays: there is no moment at which nobody could find it. */
export async function writeUp(
  place: BackendPlace | undefined,
  keeperPid: number | undefined,
  ports: Readonly<Record<string, number>>,
): Promise<BackendPlace> {
  const state = place === undefined ? "absent" : await readState(place);
  if (place === undefined || keeperPid === undefined || state === "absent" || "damaged" in state) {
    throw new Error("a backend can be found by others only where its start said so");
  }
  await writeState(place, { ...state, state: "up", owner: await identityOf(keeperPid), ports });
  return place;
}
