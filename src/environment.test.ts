import { expect, test } from "vitest";
import { withoutEmpty } from "./environment.ts";

test("an empty variable counts as unset, whatever its name; one of blanks or 0 does not", () => {
  const given = { HUNT_REPORTS: "", XDG_STATE_HOME: "", TMPDIR: "", CI: "", NO_COLOR: "0", A: " " };
  expect(withoutEmpty(given)).toEqual({ NO_COLOR: "0", A: " " });
});
