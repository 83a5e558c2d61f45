// Small helps for forms: show a password, propose an address from a name.
import { $, $$ } from "./core.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-peek]");
  if (!button) return;
  const input = document.getElementById(button.dataset.peek);
  const show = input.type === "password";
  input.type = show ? "text" : "password";
  button.setAttribute("aria-pressed", show);
});

for (const target of $$("[data-slug-from]")) {
  const source = document.getElementById(target.dataset.slugFrom);
  let touched = Boolean(target.value);
  target.addEventListener("input", () => (touched = Boolean(target.value)));
  source?.addEventListener("input", () => {
    if (!touched) target.value = source.value.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);
    const shown = $(`[data-slug-shown="${target.id}"]`);
    if (shown) shown.textContent = target.value;
  });
}
