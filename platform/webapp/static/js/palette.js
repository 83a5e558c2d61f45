// The command palette: one place to go, find and act (Ctrl K).
import { $, $$, swapTarget } from "./core.js";
import { openDialog, toggleTheme } from "./shell.js";

let chosen = 0;

function toggle() {
  const dialog = $("#palette");
  if (!dialog) return;
  if (dialog.open) return dialog.close();
  openDialog(dialog);
  const input = $("#palette-q");
  input.value = "";
  htmx.trigger(input, "open");
  input.focus();
}

function choose(index) {
  const options = $$("#palette-list .opt");
  if (!options.length) return $("#palette-q").removeAttribute("aria-activedescendant");
  chosen = (index + options.length) % options.length;
  options.forEach((option, i) => option.setAttribute("aria-selected", i === chosen));
  options[chosen].scrollIntoView({ block: "nearest" });
  $("#palette-q").setAttribute("aria-activedescendant", options[chosen].id);
}

document.addEventListener("htmx:after:swap", (event) => {
  if (swapTarget(event)?.id === "palette-list") choose(0);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette]")) toggle();
  const option = event.target.closest("#palette-list .opt");
  if (!option) return;
  $("#palette").close();
  const act = option.dataset.act;
  if (!act) return;
  event.preventDefault();
  if (act === "theme") toggleTheme();
  else openDialog($(`#${act}`));
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return toggle();
  }
  if (event.target.id !== "palette-q") return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Escape") {
    event.preventDefault(); // a search box would only empty itself
    $("#palette").close();
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    $('#palette-list [aria-selected="true"]')?.click();
  }
});
