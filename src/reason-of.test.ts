import { expect, test } from "vitest";
import { innerReasonOf, reasonOf } from "./reason-of.ts";

test("a reason is an error's message, or whatever else was thrown as text", () => {
  expect(reasonOf(new TypeError("no such node"))).toBe("no such node");
  expect(reasonOf("etcd/1 is gone")).toBe("etcd/1 is gone");
  expect(reasonOf(undefined)).toBe("undefined");
});

test("the inner reason is the message of an error's cause where it has one", async () => {
  const refused = await fetch("http://127.0.0.1:1").catch((error: unknown) => error);
  expect(reasonOf(refused)).toBe("fetch failed");
  expect(innerReasonOf(refused)).not.toBe("fetch failed");
  expect(innerReasonOf(new Error("plain"))).toBe("plain");
  expect(innerReasonOf(new Error("outer", { cause: "no error" }))).toBe("outer");
});
