/** k6's control interface, as far as the start barrier and the stop ladder need it. */
import { z } from "zod";

const statusDocument = z.object({
  data: z.object({
    attributes: z.object({
      status: z.int(),
      paused: z.boolean(),
      running: z.boolean(),
      stopped: z.boolean(),
      "vus-max": z.int(),
    }),
  }),
});

/** k6's own number for "everything is initialised, waiting to be resumed" (`lib.ExecutionStatus`). */
const pausedBeforeRun = 4;
const requestTimeoutMs = 2_000;

/** True when k6 has initialised its VUs and waits at the barrier; rejects while it does not answer. */
export async function waitsAtBarrier(address: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(statusUrl(address), { signal: bounded(signal) });
  const { attributes } = statusDocument.parse(await response.json()).data;
  return attributes.paused && attributes.status === pausedBeforeRun;
}

export async function unpause(address: string, signal: AbortSignal): Promise<void> {
  await patchStatus(address, { paused: false }, signal);
}

/** Ends the run; k6 still stops its outputs in order. */
export async function stopOverRest(address: string, signal: AbortSignal): Promise<void> {
  await patchStatus(address, { stopped: true }, signal);
}

async function patchStatus(
  address: string,
  attributes: Readonly<Record<string, boolean>>,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(statusUrl(address), {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: { type: "status", id: "default", attributes } }),
    signal: bounded(signal),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`k6 answered ${response.status}: ${body.trim()}`);
}

function statusUrl(address: string): string {
  return `http://${address}/v1/status`;
}

function bounded(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]);
}
