import { expect, test } from "vitest";
import { programsOfBackend, programsOfBench } from "./programs.ts";

const store = { engines: ["etcd"] } as const;

test("a backend needs what starts, watches and breaks any, and what its lanes name", () => {
  const needed = programsOfBackend([store]);
  expect(needed).toContain("etcd");
  expect(needed).toContain("keeper");
  expect(needed).not.toContain("etcdctl");
  expect(programsOfBackend([])).not.toContain("etcd");
});

test("what plays at a backend and judges it is needed by a bench alone", () => {
  for (const name of ["k6", "linearize"] as const) {
    expect(programsOfBackend([store])).not.toContain(name);
    expect(programsOfBench([store])).toContain(name);
  }
});

test("two lanes need what one of them names, once", () => {
  const both = programsOfBench([store, { engines: ["etcd", "etcdctl"] }]);
  expect(both.filter((name) => name === "etcd")).toHaveLength(1);
  expect(both).toContain("etcdctl");
});
