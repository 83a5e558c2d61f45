// Hears from the server how much is unread and who else looks at the record of this page.  A hidden page hears nothing, so
// that many open tabs do not use up the browser's connections.
import { $ } from "./core.js";

let source = null;
let opened = "";

const wanted = () => (document.hidden || !$("[data-live]") ? "" : `/events?record=${encodeURIComponent($("[data-presence]")?.dataset.presence ?? "")}`);

function close() {
  source?.close();
  source = null;
  opened = "";
}

function follow() {
  const address = wanted();
  if (address === opened && source?.readyState !== 2) return;
  close();
  if (!address) return;
  opened = address;
  source = new EventSource(address);
  source.addEventListener("count", (event) => count(JSON.parse(event.data)));
  source.addEventListener("presence", (event) => present(JSON.parse(event.data)));
}

function count(number) {
  const mark = $("#nc-bell");
  if (!mark) return;
  mark.hidden = !number;
  const told = mark.querySelector(".sr")?.outerHTML ?? "";
  mark.innerHTML = number ? `${number < 99 ? number : "99+"}${told}` : "";
}

function present(names) {
  const place = $("#presence");
  if (!place) return;
  place.hidden = !names.length;
  place.textContent = names.length ? place.dataset.one.replace("§", names.join("、")) : "";
}

document.addEventListener("visibilitychange", follow);
document.addEventListener("htmx:after:swap", () => setTimeout(follow));
addEventListener("pagehide", close);
addEventListener("pageshow", follow);
follow();
