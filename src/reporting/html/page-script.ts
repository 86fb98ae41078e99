/**
 * What an HTML report does in the browser: draws each chart with uPlot, shades faults, marks events, and keeps
 * all charts of a run on one time axis. Plain script as text, since it is not part of hunt's own program.
 * Drag to zoom, double click to see all of it again.
 */
export const pageScript = `
"use strict";
const pages = JSON.parse(document.getElementById("charts").textContent);
const colours = ["#2f81f7", "#d29922", "#e5534b", "#3fb950", "#a371f7", "#1f9e9e", "#db61a2", "#8b949e", "#f0883e", "#6e9b34"];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const plots = [];
pages.forEach((page, index) => {
  const holder = document.getElementById("charts-" + index);
  const ofPage = [];
  const zoomed = (from) => (plot, key) => {
    if (key !== "x" || from.busy) return;
    const { min, max } = plot.scales.x;
    from.busy = true;
    for (const other of ofPage) {
      const x = other.scales.x;
      if (other !== plot && (x.min !== min || x.max !== max)) other.setScale("x", { min, max });
    }
    from.busy = false;
  };
  const guard = { busy: false };
  const shade = (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = css("--shade");
    for (const { fromS, toS } of page.windows) {
      const left = plot.valToPos(fromS, "x", true);
      const right = plot.valToPos(toS, "x", true);
      ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    }
    ctx.strokeStyle = css("--soft");
    ctx.setLineDash([2, 4]);
    for (const { atS } of page.marks) {
      const at = plot.valToPos(atS, "x", true);
      ctx.beginPath();
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  };
  // On top of the lines, with a rim in the colour of the page.
  const name = (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = 11 * devicePixelRatio + "px system-ui, sans-serif";
    ctx.textBaseline = "top";
    ctx.textAlign = "left";
    ctx.lineJoin = "round";
    ctx.lineWidth = 3 * devicePixelRatio;
    ctx.strokeStyle = css("--back");
    ctx.fillStyle = css("--text");
    page.windows.forEach(({ fromS, label }, row) => {
      const left = plot.valToPos(fromS, "x", true) + 3 * devicePixelRatio;
      const top = bbox.top + (4 + 14 * (row % 4)) * devicePixelRatio;
      ctx.strokeText(label, left, top);
      ctx.fillText(label, left, top);
    });
    ctx.restore();
  };
  // From zero, or whole decades, of the lines and the seconds that are shown.
  const heightOf = (isLog) => (plot) => {
    const [from, to] = plot.series[0].idxs ?? [0, plot.data[0].length - 1];
    let low = Infinity;
    let high = 0;
    for (let at = 1; at < plot.series.length; at += 1) {
      if (!plot.series[at].show) continue;
      for (let index = from; index <= to; index += 1) {
        const value = plot.data[at][index];
        if (value == null) continue;
        high = Math.max(high, value);
        if (value > 0) low = Math.min(low, value);
      }
    }
    if (!isLog) return [0, high > 0 ? high * 1.05 : 1];
    return [10 ** Math.floor(Math.log10(Math.min(low, 1))), 10 ** Math.ceil(Math.log10(Math.max(high, 10)))];
  };
  const axis = { stroke: () => css("--soft"), grid: { stroke: () => css("--line"), width: 1 }, ticks: { stroke: () => css("--line") } };
  const number = (value) => (value == null ? "-" : value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(value < 10 ? 2 : 1));
  for (const chart of page.charts) {
    const box = document.createElement("div");
    box.className = "chart";
    holder.append(box);
    const plot = new uPlot({
      title: chart.title + " (" + chart.unit + ")",
      width: box.clientWidth || 600,
      height: 220,
      cursor: { sync: { key: "run-" + index }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { distr: chart.log ? 3 : 1, range: heightOf(chart.log) } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map((tick) => tick + " s") }, { ...axis, size: 60, values: (_, ticks) => ticks.map((tick) => (tick == null ? "" : tick.toLocaleString("en"))) }],
      series: [
        { label: "run second", value: (_, value) => (value == null ? "-" : value + " s") },
        ...chart.series.map(({ label, dashed }, at) => ({
          label, stroke: colours[at % colours.length], width: dashed ? 1 : 1.5, dash: dashed ? [6, 4] : undefined, spanGaps: false, points: { show: false }, value: (_, value) => number(value),
        })),
      ],
      hooks: { drawClear: [shade], draw: [name], setScale: [zoomed(guard)] },
    }, [page.seconds, ...chart.series.map(({ values }) => values)], box);
    ofPage.push(plot);
    plots.push({ plot, box });
  }
});
addEventListener("resize", () => {
  for (const { plot, box } of plots) plot.setSize({ width: box.clientWidth, height: 220 });
});
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", () => {
    for (const { plot } of plots) plot.redraw();
  });
}
`;
