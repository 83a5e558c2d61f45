// <ui-menu>: a button and the menu it opens, by mouse or keyboard.
import { $, $$, define } from "./core.js";

define("ui-menu", class extends HTMLElement {
  connectedCallback() {
    this.button = $("button", this);
    this.menu = $(".menu", this);
    this.button.addEventListener("click", () => this.toggle(this.menu.hidden));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("focusout", (event) => {
      if (!this.contains(event.relatedTarget)) setTimeout(() => this.contains(document.activeElement) || this.toggle(false), 120);
    });
  }

  toggle(open) {
    this.menu.hidden = !open;
    this.button.setAttribute("aria-expanded", open);
  }

  key(event) {
    const items = $$('[role^="menuitem"]', this.menu);
    const at = items.indexOf(document.activeElement);
    const go = (index) => {
      event.preventDefault();
      if (this.menu.hidden) this.toggle(true);
      items[(index + items.length) % items.length]?.focus();
    };
    if (event.key === "Escape" && !this.menu.hidden) {
      this.toggle(false);
      this.button.focus();
      event.stopPropagation();
    } else if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at < 0 ? items.length - 1 : at - 1);
    else if (event.key === "Home" && at >= 0) go(0);
    else if (event.key === "End" && at >= 0) go(items.length - 1);
  }
});
