/** The HTML report as its readers have it: one file in a real browser, on a desk, on a phone, in the dark, on paper. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Summary } from "../../src/verdict/summary-document.ts";
import { chromiumBoundMs, findChromium, openBrowser } from "../fixtures/chromium.ts";

const program = fileURLToPath(new URL("../../bin/hunt", import.meta.url));
const tinyRun = fileURLToPath(new URL("../fixtures/recordings/tiny", import.meta.url));
const desk = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };
/** A4 between margins of 1 cm, at 96 dots per inch. */
const paper = { width: 718, height: 1047 };
const benchBoundMs = 120_000;

const folder = mkdtempSync(join(tmpdir(), "test-of-hunt-html-"));
let browser = "";
/** Of a short real bench whose leader was killed. */
let real: { readonly page: string; readonly summary: Summary };
let tiny = "";

async function hunt(...args: readonly string[]): Promise<string> {
  const bounds = { timeout: benchBoundMs, maxBuffer: 16 * 1024 * 1024 };
  return (await promisify(execFile)(program, args, bounds)).stdout;
}

async function rendered(run: string, name: string): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, await hunt("report", run, "--format", "html"));
  return path;
}

beforeAll(async () => {
  browser = await findChromium();
  const reports = join(folder, "reports");
  const load = ["--scenario", "smoke", "--duration", "10s", "--players", "200", "--rate", "60"];
  const fault = ["--fault", "kill etcd/leader at 5s for 1s", "--gate", "warn", "--json"];
  const summary = JSON.parse(await hunt("bench", ...load, ...fault, "--reports", reports));
  const [run = ""] = readdirSync(reports);
  real = { page: await rendered(join(reports, run), "real.html"), summary };
  tiny = await rendered(tinyRun, "tiny.html");
}, chromiumBoundMs + benchBoundMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens a page, hands it over, and refuses every error and every request that it made. */
async function reading(
  path: string,
  options: BrowserContextOptions,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  await using opened = await openBrowser(browser, options);
  const page = await opened.context.newPage();
  const [errors, requests]: [string[], string[]] = [[], []];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  const url = pathToFileURL(path).href;
  await page.goto(url);
  await look(page);
  expect(errors).toEqual([]);
  expect(requests).toEqual([url]);
}

/** The visible seconds of every chart. */
const axes = (page: Page) =>
  page.evaluate<[number, number][]>(
    "plots.map(({ plot }) => [plot.scales.x.min, plot.scales.x.max])",
  );

/** Of every chart's dots the share that is drawn. */
const inkOf = (page: Page) =>
  page.evaluate<number[]>(`[...document.querySelectorAll("canvas")].map((canvas) => {
    const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let drawn = 0;
    for (let at = 3; at < dots.length; at += 4) if (dots[at] > 0) drawn += 1;
    return (4 * drawn) / dots.length;
  })`);

const words = (page: Page) =>
  page.evaluate<string>("document.body.innerText.replaceAll(/\\s+/g, ' ')");

test("every chart is drawn, and all show the same seconds, also of a part that is dragged over", async () => {
  for (const path of [real.page, tiny]) {
    await reading(path, { viewport: desk }, async (page) => {
      const whole = await axes(page);
      expect(whole.length).toBeGreaterThan(3);
      expect(new Set(whole.map(String)).size).toBe(1);
      for (const share of await inkOf(page)) expect(share).toBeGreaterThan(0.01);
      const box = await page.locator(".u-over").nth(1).boundingBox();
      if (box === null) throw new Error("the second chart has no place");
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width * 0.3, y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.6, y, { steps: 4 });
      await page.mouse.up();
      const part = await axes(page);
      expect(new Set(part.map(String)).size).toBe(1);
      const [[from, to] = [0, 0]] = whole;
      const [[fromPart, toPart] = [0, 0]] = part;
      expect((fromPart - from) / (to - from)).toBeCloseTo(0.3, 1);
      expect((toPart - from) / (to - from)).toBeCloseTo(0.6, 1);
      await page.mouse.dblclick(box.x + box.width / 2, y);
      expect(await axes(page)).toEqual(whole);
    });
  }
});

test("a fault is named, and shaded on every chart from its injection until it was healed", async () => {
  const [fault] = real.summary.faults;
  expect(fault?.evidence).toMatch(/SIGKILL/);
  await reading(real.page, { viewport: desk }, async (page) => {
    expect(await words(page)).toMatch(/Shaded: kill, 5\.\d s to \d\.\d s/);
    // Drawn with and without it: what differs is the shade, and its name on top.
    const shares = await page.evaluate<{ inside: number; outside: number }[]>(`(() => {
      const [{ fromS, toS }] = pages[0].windows;
      const dots = ({ plot: { ctx, bbox } }) => {
        const { data, width } = ctx.getImageData(bbox.left, bbox.top + bbox.height * 0.8, bbox.width, bbox.height * 0.1);
        return { data, width };
      };
      const shaded = plots.map(dots);
      pages[0].windows = [];
      for (const { plot } of plots) plot.redraw();
      return new Promise((resolve) => requestAnimationFrame(() => resolve(plots.map((drawn, at) => {
        const { plot } = drawn;
        const plain = dots(drawn);
        const edges = [fromS, toS].map((t) => plot.valToPos(t, "x", true) - plot.bbox.left);
        const [seen, all] = [{ inside: 0, outside: 0 }, { inside: 0, outside: 0 }];
        for (let index = 0; index < plain.data.length; index += 4) {
          const x = (index / 4) % plain.width;
          if (edges.some((edge) => Math.abs(edge - x) < 2)) continue;
          const where = x > edges[0] && x < edges[1] ? "inside" : "outside";
          all[where] += 1;
          if (plain.data[index + 3] !== shaded[at].data[index + 3]) seen[where] += 1;
        }
        return { inside: seen.inside / all.inside, outside: seen.outside / all.outside };
      }))));
    })()`);
    expect(shares.length).toBeGreaterThan(3);
    for (const { inside, outside } of shares) {
      // A line on top of the shade hides it; where lines are smoothed two drawings differ by a hair.
      expect(inside).toBeGreaterThan(0.7);
      expect(outside).toBeLessThan(0.02);
    }
  });
});

test("the verdict, its reasons, every budget and every guarantee with its story are on the page", async () => {
  const { verdict, budgets, guarantees } = real.summary;
  await reading(real.page, { viewport: desk }, async (page) => {
    const text = await words(page);
    expect(text).toContain(`Verdict: ${verdict.outcome}`);
    expect(budgets.length).toBeGreaterThan(0);
    expect(guarantees.length).toBeGreaterThan(5);
    for (const reason of verdict.reasons) expect(text).toContain(reason.replaceAll(/\s+/g, " "));
    for (const { expression } of budgets) expect(text).toContain(expression);
    for (const { id, promise, example, note } of guarantees) {
      expect(text).toContain(id);
      for (const story of [example, note]) {
        if (story === undefined) continue;
        expect(text).toContain(promise);
        expect(text).toContain(story.replaceAll(/\s+/g, " "));
      }
    }
  });
});

test("on a phone nothing is wider than the screen, and charts are drawn in its width", async () => {
  for (const path of [real.page, tiny]) {
    const options = { viewport: phone, isMobile: true, deviceScaleFactor: 3 };
    await reading(path, options, async (page) => {
      const width = await page.evaluate<number>("document.scrollingElement.scrollWidth");
      expect(width).toBeLessThanOrEqual(phone.width);
      const charts = await page.evaluate<number[]>(
        `[...document.querySelectorAll("canvas")].map((canvas) => canvas.getBoundingClientRect().right)`,
      );
      for (const right of charts) expect(right).toBeLessThanOrEqual(phone.width);
      for (const share of await inkOf(page)) expect(share).toBeGreaterThan(0.01);
    });
  }
});

test("on paper every section is there, no chart is cut, and none is wider than the page", async () => {
  await reading(real.page, { viewport: desk }, async (page) => {
    const sections = await page.evaluate<string[]>(
      `[...document.querySelectorAll("h2")].map((head) => head.textContent)`,
    );
    expect(sections).toEqual(expect.arrayContaining(["Budgets", "Guarantees", "Faults"]));
    // As a browser prints: what was drawn for the screen is laid out on paper, and nobody tells the script.
    await page.emulateMedia({ media: "print" });
    await page.evaluate(`document.documentElement.style.width = "${paper.width}px"`);
    const found = await page.evaluate<{ right: number; height: number; inside: string }[]>(`
      [...document.querySelectorAll(".chart")].map((chart) => {
        const canvas = chart.querySelector("canvas").getBoundingClientRect();
        const { height } = chart.getBoundingClientRect();
        return { right: canvas.right, height, inside: getComputedStyle(chart).breakInside };
      })`);
    for (const { right, height, inside } of found) {
      expect(right).toBeLessThanOrEqual(paper.width);
      expect(height).toBeLessThan(paper.height / 2);
      expect(inside).toBe("avoid");
    }
    for (const name of sections)
      expect(await page.getByText(name, { exact: true }).first().isVisible()).toBe(true);
    const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(1);
  });
});

test("every word stands out from what is behind it, by day and in the dark", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    await reading(real.page, { viewport: desk, colorScheme }, async (page) => {
      const faint = await page.evaluate<string[]>(`(() => {
        const parts = (colour) => {
          const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          canvas.fillStyle = colour;
          canvas.fillRect(0, 0, 1, 1);
          return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
        };
        const light = (colour) => parts(colour)
          .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
          .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
        const behind = light(getComputedStyle(document.body).backgroundColor);
        const contrast = (colour) => {
          const [low, high] = [light(colour), behind].sort((left, right) => left - right);
          return (high + 0.05) / (low + 0.05);
        };
        return [...document.querySelectorAll("body *")]
          .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ""))
          .filter((element) => !["SCRIPT", "STYLE"].includes(element.tagName))
          .filter((element) => contrast(getComputedStyle(element).color) < 4.5)
          .map((element) => element.tagName + ": " + element.textContent.slice(0, 40));
      })()`);
      expect(faint).toEqual([]);
      const dark = await page.evaluate<boolean>(
        `getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((part) => part < 60)`,
      );
      expect(dark).toBe(colorScheme === "dark");
      for (const share of await inkOf(page)) expect(share).toBeGreaterThan(0.01);
    });
  }
});
