import { expect, test } from "vitest";
import {
  addressesFlag,
  addressFlag,
  choiceFlag,
  FlagError,
  integerFlag,
  parseFlags,
  textFlag,
  withFallback,
} from "./flags.ts";

const flags = {
  name: textFlag("a name as gateway/1", /^gateway\/\d+$/),
  listen: addressFlag(),
  etcd: addressesFlag(),
  design: choiceFlag(["naive", "log"]),
  "flush-ms": withFallback(integerFlag(0, 100), 5),
};
const given = ["--name", "gateway/1", "--listen", "127.0.0.1:80", "--etcd", "a:1,b:2"];

test("flags come back typed, absent ones with their fallback", () => {
  expect(parseFlags([...given, "--design", "log"], flags)).toEqual({
    name: "gateway/1",
    listen: { host: "127.0.0.1", port: 80 },
    etcd: ["a:1", "b:2"],
    design: "log",
    "flush-ms": 5,
  });
});

test.each([
  [["--design", "lgo"], '--design takes naive or log, not "lgo"'],
  [["--design", "log", "--flush-ms", "1e1"], "--flush-ms takes an integer from 0 to 100"],
  [["--design", "log", "--listen", "nowhere"], '--listen takes HOST:PORT, not "nowhere"'],
  [["--design", "log", "--etcd", "a:1,,b:2"], "--etcd takes"],
  [[], "--design is missing: it takes naive or log"],
  [["--design", "log", "--colour", "red"], "--colour"],
])("%j is refused with what is taken instead", (more, message) => {
  expect(() => parseFlags([...given, ...more], flags)).toThrow(FlagError);
  expect(() => parseFlags([...given, ...more], flags)).toThrow(message);
});
