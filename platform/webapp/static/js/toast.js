// Short answers at the foot of the page, with undo where the server offers it, and what to say when a request fails.
import { $, el, text } from "./core.js";

export function toast({ text: message, tone = "ok", undo = null, undoLabel = text("undo") }) {
  const box = el("div", { className: `toast ${tone}` }, el("i"), el("span", { textContent: message }));
  if (undo) {
    const { url, values = {} } = typeof undo === "string" ? { url: undo } : undo;
    const button = el("button", { type: "button", textContent: undoLabel });
    button.addEventListener("click", () => {
      box.remove();
      htmx.ajax("POST", url, { values, swap: "none", source: document.body });
    });
    box.append(button);
  }
  $("#toasts").append(box);
  setTimeout(() => box.remove(), undo ? 8000 : tone === "ok" ? 3500 : 7000);
}

document.addEventListener("toast", (event) => toast(event.detail));

/** What was said with a redirect waits in a cookie for the page that follows. */
function carried() {
  const found = /(?:^|; )toast=([^;]*)/.exec(document.cookie);
  if (!found) return;
  document.cookie = "toast=;path=/;max-age=0;samesite=lax";
  try {
    toast(JSON.parse(decodeURIComponent(found[1])));
  } catch {
    // not ours
  }
}
carried();
document.addEventListener("htmx:after:swap", carried);

const isPage = (ctx) => (ctx.request?.method || "GET").toUpperCase() === "GET" && ctx.target === document.body;

document.addEventListener("htmx:response:error", async (event) => {
  const ctx = event.detail.ctx ?? {};
  const status = ctx.response?.status;
  if (status === 422) return; // the form came back with its errors
  if (status === 401) return location.reload();
  if (isPage(ctx)) return location.assign(ctx.request.action); // a page of its own says what is wrong
  toast({ text: said(ctx) || text(status === 403 ? "refused" : "failed"), tone: "bad" });
});
document.addEventListener("htmx:error", () => toast({ text: text("offline"), tone: "bad" }));

/** What the server said was wrong: the title of a problem answer (RFC 9457), or the sentence of an error page. */
function said(ctx) {
  const answer = ctx.text ?? "";
  try {
    return JSON.parse(answer).title;
  } catch {
    return new DOMParser().parseFromString(answer, "text/html").querySelector(".oops p")?.textContent.trim();
  }
}
