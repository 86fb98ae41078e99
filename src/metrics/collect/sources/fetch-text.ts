/** The body of a GET, or of a POST of JSON; anything but a 2xx answer is an error with its first words. */
export async function fetchText(url: string, signal: AbortSignal, json?: unknown): Promise<string> {
  const response = await fetch(url, {
    signal,
    // What is read is on this machine or near: compressing 160 KB costs a server a millisecond each time.
    headers: { "accept-encoding": "identity" },
    ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
  });
  const body = await response.text();
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}: ${body.slice(0, 200).trim()}`);
  }
  return body;
}
