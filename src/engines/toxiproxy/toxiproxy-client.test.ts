import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { HuntError } from "../../hunt-error.ts";
import { ToxiproxyClient } from "./toxiproxy-client.ts";

test("a call that is not answered ends with the signal, and says what it was and how long it took", async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const client = new ToxiproxyClient(`127.0.0.1:${port}`);
  const asked = client.setEnabled("k6-1.to.proxy-1.http", false, AbortSignal.timeout(50));
  const error = await asked.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HuntError);
  expect(error).toMatchObject({
    code: "engine.toxiproxy-call",
    message: expect.stringMatching(
      /127\.0\.0\.1:\d+ did not disable k6-1\.to\.proxy-1\.http, after \d+ ms: /,
    ),
  });
});
