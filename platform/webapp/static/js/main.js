// Entry.  The shell's own behaviour comes at once; a part used on some pages only comes when its element does.
import { $, $$, config, load, swapTarget } from "./core.js";
import "./menu.js";
import "./toast.js";
import "./shell.js";
import "./palette.js";
import "./table.js";

const parts = {
  "ui-chart": () => import("./chart.js"),
  "ui-list": () => import("./list.js"),
  "ui-date": () => import("./date.js"),
  "ui-board": () => import("./board.js"),
  "ui-voucher": () => import("./voucher.js"),
  "ui-rows": () => import("./rows.js"),
  "ui-lookup": () => import("./lookup.js"),
  "ui-filter": () => import("./filter.js"),
  "ui-lines": () => import("./lines.js"),
  "[data-shown-if]": () => import("./shown.js"),
  "[data-locate]": () => import("./locate.js"),
  "[data-peek], [data-slug-from]": () => import("./fields.js"),
  "[data-live]": () => import("./live.js"),
  "[x-data]": () => load("alpine"),
};

function wake() {
  for (const [selector, start] of Object.entries(parts)) {
    if ($(selector)) {
      delete parts[selector];
      start();
    }
  }
}

wake();
document.addEventListener("htmx:after:swap", (event) => {
  wake();
  const build = $("[data-build]")?.dataset.build;
  if (build && build !== config.build) location.reload(); // a new release went out: its pages need its scripts
  const target = swapTarget(event);
  const main = target === document.body && $("#main");
  if (main && !main.contains(document.activeElement)) main.focus({ preventScroll: true }); // unless the page chose a field of its own
});

if ("serviceWorker" in navigator && config.worker) navigator.serviceWorker.register(config.worker);

for (const frame of $$("[data-print]")) frame.addEventListener("click", () => window.print());
