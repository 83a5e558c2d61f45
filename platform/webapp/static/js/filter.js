// <ui-filter data-rows="#lines">: narrows long lines of a form to those that a text finds, or that hold something.  What is hidden is
// sent all the same, and a row with an error always shows.
import { $, $$, define } from "./core.js";

define("ui-filter", class extends HTMLElement {
  connectedCallback() {
    const narrow = () => this.narrow();
    this.addEventListener("input", narrow);
    this.addEventListener("change", narrow);
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      $("tr:not([hidden]) input:not([type=hidden])", $(this.dataset.rows))?.focus();
    });
  }

  narrow() {
    const wanted = $("[type=search]", this).value.trim().toLowerCase();
    const held = $("[type=checkbox]", this)?.checked;
    for (const row of $$("tr", $(this.dataset.rows))) {
      const found = !wanted || (row.dataset.find ?? "").toLowerCase().includes(wanted);
      const holds = !held || $$("input.num", row).some((input) => input.value.trim());
      row.hidden = !(found && holds) && !$('[aria-invalid="true"], .err', row);
    }
  }
});
