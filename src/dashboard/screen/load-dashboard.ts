/**
 * Loads Ink and React, which nothing else does. Of es-toolkit Ink uses one function, and asks for all of its 415
 * files: two thirds of the CPU of loading it. So that one file is read as if it held that function only.
 */
import { registerHooks } from "node:module";

const throttleOnly = 'export { default as throttle } from "es-toolkit/compat/throttle";';

export async function loadDashboard() {
  const hooks = registerHooks({
    load: (url, context, next) =>
      url.endsWith("/es-toolkit/dist/compat/index.mjs")
        ? { format: "module", source: throttleOnly, shortCircuit: true }
        : next(url, context),
  });
  try {
    return await import("./open-dashboard.tsx");
  } finally {
    hooks.deregister();
  }
}
