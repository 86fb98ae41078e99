import { expect, test } from "vitest";
import {
  brokenGuarantee,
  heldGuarantee,
  sampleSummary,
} from "../../../test/fixtures/sample-summary.ts";
import type { GuaranteeResult, Summary } from "../../verdict/summary-document.ts";
import { survivalText } from "./survival-text.ts";

const lost: GuaranteeResult = { ...heldGuarantee, id: "nothing-acknowledged-is-lost" };

const leader: Summary["faults"][number] = {
  id: "leader",
  kind: "kill",
  target: "etcd/leader",
  lanes: ["sessions"],
  resolvedTo: ["etcd/2"],
  dueAtS: 41,
  injectedAtS: 41.02,
  injectedBy: "plan",
  healedBy: "plan",
  healedAtS: 44,
  restoredAtS: 44.2,
  firstAckAtS: 41.4,
  gapS: 0.41,
  detectedAtS: null,
  recoveredAtS: 42.9,
  limitMs: 50,
  evidence: "etcd/2: pid 7 ended with SIGKILL",
  problem: null,
  felt: {},
};

async function sentence(
  guarantees: readonly GuaranteeResult[],
  faults: readonly Summary["faults"][number][] = [],
): Promise<string> {
  return survivalText({ ...(await sampleSummary({ guarantees })), faults: [...faults] });
}

test("says what was acknowledged and survived, and how soon players were served again", async () => {
  expect(await sentence([lost, heldGuarantee], [leader])).toBe(
    "1,500 acknowledged, 0 lost, 0 applied twice; kill etcd/leader (etcd/2) at 41.0 s, first new acknowledgement after 0.4 s, digs within budget after 1.9 s.",
  );
});

test("says what was lost", async () => {
  expect(await sentence([brokenGuarantee, heldGuarantee])).toContain("1,500 acknowledged, 2 lost");
});

test("says that nothing was served again, and leaves out a fault that never fired", async () => {
  const dead = { ...leader, firstAckAtS: null, recoveredAtS: null };
  const unfired = { ...leader, kind: "pause", injectedAtS: null };
  const text = await sentence([lost, heldGuarantee], [dead, unfired]);
  expect(text).toContain("no new acknowledgement after it, digs never within budget again");
  expect(text).not.toContain("pause");
});

test("does not claim 0 lost as the whole truth where something could not be checked", async () => {
  const unknown: GuaranteeResult = { ...lost, outcome: "unknown", note: "why" };
  expect(await sentence([unknown, heldGuarantee])).toBe(
    "1,500 acknowledged and checked, 0 lost, 0 applied twice (not all could be checked).",
  );
});

test("says nothing where no operation was checked", async () => {
  const unknown: GuaranteeResult = { ...lost, outcome: "unknown", checked: 0 };
  expect(await sentence([unknown, heldGuarantee])).toBe("");
});
