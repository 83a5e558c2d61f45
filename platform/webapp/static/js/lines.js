// <ui-lines>: the lines of a document.  A chosen product fills its row; after each change the server says what the rows come to,
// so that the screen and the saved document never round differently.  data-preview answers {lines: [{row, amount, price, source}], net,
// tax, gross}: price counts where none is typed, source is the list that gives it.
import { $, $$, define } from "./core.js";

define("ui-lines", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.addEventListener("chosen", (event) => this.fill(event.target.closest("[data-row]"), event.detail.fill ?? {}));
    this.form.addEventListener("change", () => this.ask(0));
    this.addEventListener("input", () => this.ask(250));
    this.ask(0);
  }

  fill(row, values) {
    for (const [name, value] of Object.entries(values)) {
      const cell = $(`[name="${CSS.escape(name)}"]`, row);
      if (cell) cell.value = value;
    }
    const quantity = $('[name="quantity"]', row);
    if (quantity && !quantity.value) quantity.value = "1";
    quantity?.focus();
    quantity?.select();
  }

  ask(delay) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.preview(), delay);
  }

  async preview() {
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const form = new FormData(this.form);
      const headers = { "x-csrftoken": form.get("csrf_token") };
      const answer = await fetch(this.dataset.preview, { method: "POST", headers, body: new URLSearchParams(form), signal: this.asked.signal });
      if (answer.ok) this.show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  show({ lines, ...sums }) {
    const known = new Map(lines.map((line) => [line.row, line]));
    $$("[data-row]", this).forEach((row, index) => {
      const line = known.get(index) ?? {};
      $("[data-amount]", row).textContent = line.amount ?? "";
      const price = $('[name="unit_price"]', row), source = $("[data-source]", row);
      if (price) price.placeholder = line.price ?? "";
      if (source) source.textContent = line.source ?? "";
    });
    for (const output of $$("[data-sum]", this)) output.textContent = sums[output.dataset.sum];
  }
});
