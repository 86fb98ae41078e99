/**
 * Sets a checkout up, or finds that it is. Each step looks at its inputs and does nothing when they have not
 * changed, builds beside its target and renames, so that an end at any moment leaves nothing half-built.
 *
 *   set-up.mjs                    node, npm packages ──▶ dist/ ──▶ stamp (what bin/hunt looks at)
 *   set-up.mjs development        the same with the packages of the tests (bin/test)
 *   set-up.mjs programs NAME...   programs that hunt starts, when it first needs them: hunt calls this
 *
 * The first two run on Node 18 and newer without any package, the third on the Node that hunt runs on.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { setUpCheckout } from "./set-up/checkout.mjs";
import { runSetUp } from "./set-up/run.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [what, ...names] = process.argv.slice(2);

process.exitCode = await runSetUp(root, async (context) => {
  if (what !== "programs")
    return setUpCheckout({ ...context, development: what === "development" });
  const { providePrograms } = await import("./set-up/programs.mjs");
  return providePrograms({ ...context, names });
});
