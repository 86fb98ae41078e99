/** Finds Go and says what to do when it is missing or too old. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readChild } from "./child.mjs";
import { explainFailure, SetUpFailure } from "./failure.mjs";

/**
 * Version and target of the Go that will build a module: asked inside it, because Go 1.21 and newer
 * fetch the version that go.mod names by themselves.
 * @returns {Promise<string>} "go1.26.8 linux amd64"
 */
export async function describeGo({ source, env, signal }) {
  const wanted = await wantedVersion(source);
  const startedAt = performance.now();
  const answer = await readChild("go", ["env", "GOVERSION", "GOOS", "GOARCH"], {
    cwd: source,
    env,
    signal,
  });
  if (answer === undefined) {
    throw new SetUpFailure(
      `Go ${wanted} or newer is needed to build etcd and k6; there is no go on PATH`,
      {
        hint: installHint(wanted),
      },
    );
  }
  if (!answer.ok) {
    if (/go\.mod requires go|invalid go version|unknown directive: toolchain/.test(answer.output)) {
      throw new SetUpFailure(
        `Go ${wanted} or newer is needed to build etcd and k6; the one on PATH is older`,
        {
          lines: answer.output.trim().split("\n").slice(-3),
          hint: installHint(wanted),
        },
      );
    }
    throw explainFailure("ask Go for its version", {
      output: answer.output,
      ending: "it failed",
      afterMs: performance.now() - startedAt,
      logPath: undefined,
      otherwise: { hint: installHint(wanted), exitCode: 3 },
    });
  }
  const version = answer.output.trim().split(/\s+/).join(" ");
  if (isOlder(version, wanted)) {
    throw new SetUpFailure(
      `Go ${wanted} or newer is needed to build etcd and k6; the one on PATH is ${version}`,
      {
        hint: installHint(wanted),
      },
    );
  }
  return version;
}

async function wantedVersion(source) {
  const text = await readFile(join(source, "go.mod"), "utf8");
  return /^go\s+(\S+)/m.exec(text)?.[1] ?? "1.26.0";
}

/** A development build ("devel go1.27-...") is taken at its word. */
function isOlder(found, wanted) {
  const numbers = (text) => /^(?:go)?(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  const [have, want] = [numbers(found), numbers(wanted)];
  if (!have || !want) return false;
  return have[0] < want[0] || (have[0] === want[0] && have[1] < want[1]);
}

function installHint(wanted) {
  const arch = { x64: "amd64", arm64: "arm64" }[process.arch] ?? "amd64";
  const line =
    process.platform === "darwin"
      ? "brew install go"
      : `curl -fsSL https://go.dev/dl/go${wanted}.linux-${arch}.tar.gz | sudo tar -C /usr/local -xz && export PATH=$PATH:/usr/local/go/bin`;
  return `Install it (https://go.dev/dl), then run the same command again:\n    ${line}`;
}
