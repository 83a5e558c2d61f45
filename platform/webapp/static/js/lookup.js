// <ui-lookup>: a text box that finds records as one types and keeps the chosen one's id in a hidden field.
// data-url answers [{id, text, hint, fill}] to ?q=; data-with names a field of the form that goes along; data-none is said when
// nothing is found.  data-free: the text itself counts, a record is optional.  Choosing fires "chosen" with the record.
import { $, $$, define, el, floor } from "./core.js";

const DELAY = 120;
let serial = 0;

define("ui-lookup", class extends HTMLElement {
  connectedCallback() {
    if (this.input) return;
    this.input = $("input[role=combobox]", this);
    this.kept = $("input[type=hidden]", this);
    this.list = el("div", { className: "pop", id: `lookup-${++serial}`, hidden: true });
    this.list.setAttribute("role", "listbox");
    this.append(this.list);
    this.input.setAttribute("aria-controls", this.list.id);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("focus", () => this.input.value || this.find(0));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.leave());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // keep the focus in the box
      const option = event.target.closest("[role=option]");
      if (option) this.take(option.record);
    });
  }

  get free() {
    return this.hasAttribute("data-free");
  }

  typed() {
    if (!this.free || !this.input.value.trim()) this.kept.value = "";
    this.close(); // what was found for fewer letters must not be taken for more
    this.find(DELAY);
  }

  find(delay) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), delay);
  }

  async ask() {
    const url = new URL(this.dataset.url, location.href);
    const wanted = this.input.value.trim();
    url.searchParams.set("q", wanted);
    for (const name of (this.dataset.with || "").split(" ").filter(Boolean)) {
      const along = this.closest("form")?.elements[name];
      if (along) url.searchParams.set(name, along.value);
    }
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const answer = await fetch(url, { signal: this.asked.signal, headers: { accept: "application/json" } });
      if (answer.ok && document.activeElement === this.input) this.show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(records) {
    this.list.replaceChildren(...(records.length ? records.map((record, index) => this.option(record, index)) : [el("div", { className: "none", textContent: this.dataset.none ?? "" })]));
    const box = this.input.getBoundingClientRect();
    const height = Math.min(288, this.list.childElementCount * 34 + 8);
    const above = box.bottom + height + 8 > floor() && box.top > height;
    Object.assign(this.list.style, { left: `${Math.max(8, Math.min(box.left, innerWidth - 340))}px`, top: `${above ? box.top - height - 6 : box.bottom + 4}px`, minWidth: `${Math.min(box.width, innerWidth - 16)}px` });
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.marked = -1;
    if (this.input.value.trim()) this.mark(0); // an empty box takes nothing by Enter alone
  }

  option(record, index) {
    const option = el("div", { id: `${this.list.id}-${index}` }, el("span", { className: "grow", textContent: record.text }));
    if (record.hint) option.append(el("span", { className: "bal", textContent: record.hint }));
    option.setAttribute("role", "option");
    option.record = record;
    return option;
  }

  mark(index) {
    const options = $$("[role=option]", this.list);
    if (!options.length) return this.input.removeAttribute("aria-activedescendant");
    this.marked = (index + options.length) % options.length;
    options.forEach((option, place) => option.setAttribute("aria-selected", place === this.marked));
    options[this.marked].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.marked].id);
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) this.find(0);
      else this.mark(this.marked < 0 ? 0 : this.marked + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !this.list.hidden && this.chosen()) {
      event.preventDefault();
      event.stopPropagation();
      this.take(this.chosen());
    } else if (event.key === "Enter" && !this.free) event.preventDefault();
    else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Tab" && !this.free && !this.list.hidden && this.chosen()) this.take(this.chosen());
  }

  chosen() {
    return $("[aria-selected=true]", this.list)?.record;
  }

  take(record) {
    this.input.value = record.text;
    this.kept.value = record.id;
    this.close();
    this.dispatchEvent(new CustomEvent("chosen", { bubbles: true, detail: record }));
    this.kept.dispatchEvent(new Event("change", { bubbles: true }));
  }

  leave() {
    clearTimeout(this.waiting);
    this.close();
    if (!this.free && !this.kept.value) this.input.value = "";
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
});
