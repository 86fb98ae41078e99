import { expect, test } from "vitest";
import { startAlone } from "../../test/fixtures/runtime/engine-alone.ts";
import { exchange } from "../../test/fixtures/runtime/exchange.ts";

test("a Valkey server serves, keeps what it acknowledged through a kill, and leaves nothing", async () => {
  const valkey = await startAlone({ kind: "valkey", ports: ["client"] });
  const call = (request: string) => exchange(valkey.address("client"), `${request}\r\n`, /\r\n$/);
  expect(await call("SET hunt started")).toBe("+OK\r\n");
  await valkey.kill();
  await expect(call("PING")).rejects.toThrow("ECONNREFUSED");
  await valkey.restart();
  expect(await call("GET hunt")).toBe("$7\r\nstarted\r\n");
  expect(await valkey.stop()).toMatchObject({ code: 0, expected: true });
  await expect(call("PING")).rejects.toThrow("ECONNREFUSED");
  expect(await valkey.leftovers()).toEqual([]);
});
