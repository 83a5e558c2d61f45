// <ui-list>: a long list.  Pages of rows far from view leave the document and come back on approach.
import { $, $$, define, el } from "./core.js";

define("ui-list", class extends HTMLElement {
  connectedCallback() {
    this.near = new IntersectionObserver((seen) => seen.forEach((one) => this.swap(one)), { root: $("#main"), rootMargin: "1600px 0px" });
    this.watch();
    this.added = new MutationObserver(() => this.watch());
    this.added.observe(this, { childList: true, subtree: true });
  }

  disconnectedCallback() {
    this.near.disconnect();
    this.added.disconnect();
  }

  watch() {
    for (const page of $$("tbody.pg", this)) {
      if (page.watched) continue;
      page.watched = true;
      this.near.observe(page);
    }
  }

  swap({ target: page, isIntersecting }) {
    if (isIntersecting && page.away) {
      page.replaceChildren(page.away);
      page.away = null;
    } else if (!isIntersecting && !page.away && page.isConnected && page.offsetHeight && !$(":checked, :focus", page)) {
      const height = page.offsetHeight;
      page.away = document.createDocumentFragment();
      page.away.append(...page.childNodes);
      const cell = el("td", { colSpan: 99 });
      Object.assign(cell.style, { height: `${height}px`, padding: 0, border: 0 });
      page.append(el("tr", {}, cell));
    }
  }
});
