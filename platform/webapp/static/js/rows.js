// <ui-rows>: a form table whose lines are added from a <template> and taken away.
// [data-rows] holds [data-row]s; [data-add] adds, [data-remove] removes, [data-number] shows the line number.
import { $, $$, define } from "./core.js";

define("ui-rows", class extends HTMLElement {
  connectedCallback() {
    this.body = $("[data-rows]", this);
    this.template = $("template", this);
    this.addEventListener("click", (event) => {
      if (event.target.closest("[data-add]")) this.add();
      const remove = event.target.closest("[data-remove]");
      if (remove) this.remove_(remove.closest("[data-row]"));
    });
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
      event.preventDefault();
      const row = event.target.closest("[data-row]");
      if (row && row === this.body.lastElementChild) this.add();
      else $("input, select", row?.nextElementSibling ?? this)?.focus();
    });
  }

  add() {
    const row = this.template.content.firstElementChild.cloneNode(true);
    this.body.append(row);
    window.htmx?.process(row);
    this.number();
    $("input:not([type=hidden]), select", row)?.focus();
  }

  remove_(row) {
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    if (!this.body.childElementCount) this.add();
    this.number();
    $("input:not([type=hidden]), select", neighbour ?? this)?.focus();
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  number() {
    $$("[data-row]", this.body).forEach((row, index) => {
      const shown = $("[data-number]", row);
      if (shown) shown.textContent = index + 1;
    });
  }
});
