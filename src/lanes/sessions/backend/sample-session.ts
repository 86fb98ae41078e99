/** A session that the proxy can show, so that the `curl` that hunt prints works as printed. */

const tried = 64;
const boundMs = 1_000;

/** One of the first sessions of the swarm; undefined when none of them has been played. */
export async function sampleSession(proxyAddress: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(boundMs);
  const ids = Array.from({ length: tried }, (_, index) => `s-${String(index).padStart(9, "0")}`);
  const found = await Promise.all(
    ids.map(async (id) => {
      const url = `http://${proxyAddress}/v1/sessions/${id}/state`;
      const response = await fetch(url, { signal }).catch(() => undefined);
      await response?.body?.cancel();
      return response?.ok === true ? id : undefined;
    }),
  );
  return found.find((id) => id !== undefined);
}
