// Drawer, dialogs, theme and the keys that work on every page.
import { $, $$, isTyping, swapTarget } from "./core.js";

const root = document.documentElement;
const keep = (name, value) => (document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax`);

export function toggleTheme() {
  const dark = root.dataset.theme === "dark" || (root.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
  keep("theme", root.dataset.theme);
  document.dispatchEvent(new Event("jingwei:theme"));
}

function drawer(open) {
  const side = $("#side");
  if (!side) return;
  side.classList.toggle("open", open);
  $(".scrim").hidden = !open;
  $$("[data-drawer]").forEach((button) => button.setAttribute("aria-expanded", open));
  if (open) $("a, button", side).focus();
}

export function openDialog(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("[data-theme-toggle]")) toggleTheme();
  if (target.closest("[data-drawer]")) drawer(true);
  if (target.closest("[data-drawer-close]")) drawer(false);
  if (target.closest("[data-close]")) target.closest("dialog").close();
  if (target.tagName === "DIALOG") target.close(); // the backdrop
  const opener = target.closest("[data-dialog]");
  if (opener) openDialog(document.getElementById(opener.dataset.dialog));
  const pressed = target.closest(".seg [aria-pressed]");
  if (pressed) $$("[aria-pressed]", pressed.parentElement).forEach((button) => button.setAttribute("aria-pressed", button === pressed));
});

document.addEventListener("close-dialog", () => $$("dialog[open]").forEach((dialog) => dialog.close()));
document.addEventListener("htmx:after:swap", (event) => {
  const target = swapTarget(event);
  if (target?.id === "dialog" && target.childElementCount) openDialog(target);
  const errors = $(".form-errors", target ?? document);
  if (errors) errors.focus();
});
function showTab() {
  for (const tabs of $$(".tabs, .stepper")) {
    const here = $("[aria-current], .now", tabs);
    if (here && tabs.scrollWidth > tabs.clientWidth) tabs.scrollLeft = here.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;
  }
}
showTab();
$(".form-errors")?.focus(); // a form that was sent without htmx
document.addEventListener("htmx:after:swap", showTab);
document.addEventListener("htmx:before:request", () => $(".progress")?.classList.add("on"));
for (const name of ["htmx:after:request", "htmx:error"]) document.addEventListener(name, () => $(".progress")?.classList.remove("on"));

// g then a letter goes somewhere: the menu entry says which in data-key
let lastG = 0;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && $("#side.open")) return drawer(false);
  if (event.ctrlKey && event.key === "Enter") {
    const form = event.target.closest("form[data-submit-keys], .modal-form");
    if (form) form.requestSubmit();
  }
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (event.key === "?") return openDialog($("#shortcuts"));
  if (event.key === "/" && $(".toolbar [type=search]")) {
    event.preventDefault();
    return $(".toolbar [type=search]").focus();
  }
  if (event.key === "n" && $("[data-new]")) return $("[data-new]").click();
  if (event.key === "g") return void (lastG = Date.now());
  if (Date.now() - lastG < 900) {
    lastG = 0;
    $(`.nav a[data-key="${CSS.escape(event.key)}"]`)?.click();
  }
});
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
  const link = $(event.key === "ArrowLeft" ? 'a[rel="prev"]' : 'a[rel="next"]');
  if (link) {
    event.preventDefault();
    link.click();
  }
});
