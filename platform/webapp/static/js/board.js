// <ui-board data-move="/deals/{id}/move">: columns .cards[data-stage] of cards .deal[data-id] that move by mouse, touch or keyboard.
import { $, $$, define, load } from "./core.js";

define("ui-board", class extends HTMLElement {
  connectedCallback() {
    this.prepare();
    this.redrawn = new MutationObserver(() => this.prepare());
    this.redrawn.observe(this, { childList: true, subtree: true });
    this.addEventListener("keydown", (event) => this.key(event));
  }

  disconnectedCallback() {
    this.redrawn.disconnect();
  }

  async prepare() {
    await load("sortable");
    for (const column of $$(".cards", this)) {
      column.sortable ||= Sortable.create(column, {
        group: "cards", animation: 140, draggable: ".deal", delay: 180, delayOnTouchOnly: true, scroll: true,
        onStart: ({ item }) => this.lift(item),
        onEnd: ({ item }) => this.dropped(item),
      });
    }
    this.toggleAttribute("data-ready", true); // cards can be dragged from now on
  }

  lift(card) {
    this.home = { column: card.parentElement, next: card.nextElementSibling };
  }

  putBack(card) {
    this.home.column.insertBefore(card, this.home.next);
  }

  async dropped(card) {
    const { column, next } = this.home;
    if (card.parentElement === column && card.nextElementSibling === next) return;
    const values = { stage: card.parentElement.dataset.stage, before: card.nextElementSibling?.dataset.id ?? "" };
    const refused = (event) => event.detail.ctx?.target === this && this.putBack(card);
    this.addEventListener("htmx:response:error", refused, { once: true });
    card.classList.add("flash");
    setTimeout(() => card.classList.remove("flash"), 1200);
    await htmx.ajax("POST", this.dataset.move.replace("{id}", card.dataset.id), { values, target: this, swap: "none", source: this });
    this.removeEventListener("htmx:response:error", refused);
  }

  // Space lifts, arrows move, Space drops, Esc puts back.
  key(event) {
    const card = event.target;
    if (!card.matches?.(".deal")) return;
    const columns = $$(".cards", this);
    const at = columns.indexOf(card.parentElement);
    const lifted = card.classList.contains("lifted");
    const go = (element) => {
      event.preventDefault();
      element?.focus();
    };
    if (event.key === " ") {
      event.preventDefault();
      card.classList.toggle("lifted", !lifted);
      if (lifted) this.dropped(card);
      else this.lift(card);
    } else if (lifted && event.key === "Escape") {
      this.putBack(card);
      card.classList.remove("lifted");
      go(card);
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const column = columns[at + (event.key === "ArrowRight" ? 1 : -1)];
      if (!column) return;
      if (!lifted) return go($(".deal", column));
      column.insertBefore(card, column.firstChild);
      go(card);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const down = event.key === "ArrowDown";
      const neighbour = down ? card.nextElementSibling : card.previousElementSibling;
      if (!lifted) return go(neighbour);
      neighbour?.[down ? "after" : "before"](card);
      go(card);
    }
  }
});
