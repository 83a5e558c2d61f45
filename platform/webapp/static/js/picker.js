// The list under an account or dimension cell: by code with or without dots, by name, by pinyin initials.
// The server answers data-accounts with {"accounts": [{"c": code, "n": name, "p": initials, "b": balance, "x": dimension, "xl": its name}],
// "aux": {dimension: [{"n", "p", "id"}], or an address to ask with ?q=}}.
import { $, $$, el } from "./core.js";
import { grouped } from "./money.js";

const books = {};

export class AccountPicker {
  constructor(grid, list, changed) {
    this.grid = grid;
    this.list = list;
    this.changed = changed;
    this.by = new Map();
    const url = grid.dataset.accounts;
    (books[url] ||= fetch(url).then((answer) => answer.json())).then(({ accounts, aux }) => {
      this.accounts = accounts;
      this.aux = aux ?? {};
      this.by = new Map(accounts.map((account) => [account.c, account]));
      changed();
    }).catch(() => delete books[url]);
    list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // keep the focus in the cell
      const option = event.target.closest('[role="option"]');
      if (!option) return;
      const input = this.input;
      this.take(option);
      grid.next(input);
    });
  }

  get ready() {
    return Boolean(this.accounts);
  }

  get open() {
    return !this.list.hidden;
  }

  account(code) {
    return this.by.get(code);
  }

  forget(input) {
    if (input.name === "account") input.dataset.code = "";
    else $('[name="aux_id"]', input.closest("td")).value = "";
  }

  async suggest(input, typed) {
    if (!this.ready) return;
    this.input = input;
    const wanted = typed.trim().toLowerCase();
    const asked = (this.asked = {});
    const found = input.name === "account" ? this.accountsLike(wanted) : await this.dimensionsLike(input, wanted);
    if (asked !== this.asked || document.activeElement !== input) return; // typed on meanwhile, or gone
    this.list.replaceChildren(...(found.length ? found.map((one, i) => this.option(one, i, wanted)) : [el("div", { className: "none", textContent: this.grid.dataset.none })]));
    this.place(input);
    input.setAttribute("aria-expanded", "true");
    this.mark(0);
  }

  accountsLike(wanted) {
    const digits = wanted.replace(/\./g, "");
    const score = ({ c, n, p }) => {
      if (!wanted) return 1;
      if (c === wanted) return 9;
      if (digits && c.replace(/\./g, "").startsWith(digits)) return 8;
      if (p.startsWith(wanted)) return 7;
      if (n.toLowerCase().includes(wanted)) return 6;
      return p.includes(wanted) ? 5 : 0;
    };
    return this.accounts.map((account) => [score(account), account]).filter(([points]) => points)
      .sort(([a, x], [b, y]) => b - a || (x.c < y.c ? -1 : 1)).slice(0, 40)
      .map(([, { c, n, b }]) => ({ value: c, code: c, name: n, balance: grouped(Math.round(Number(b) * 100)) }));
  }

  /** Values of the line's dimension: from the list at hand, or from the address that stands in its place. */
  async dimensionsLike(input, wanted) {
    const mark = $(".aux-k", input.closest("td"));
    const known = this.aux[mark.dataset.kind || mark.textContent] ?? [];
    if (typeof known === "string") {
      const answer = await fetch(`${known}?q=${encodeURIComponent(wanted)}`);
      return answer.ok ? (await answer.json()).map(({ n, id }) => ({ value: n, name: n, id })) : [];
    }
    return known.filter(({ n, p }) => !wanted || n.toLowerCase().includes(wanted) || p.startsWith(wanted)).slice(0, 40)
      .map(({ n, id }) => ({ value: n, name: n, id }));
  }

  option({ value, code, name, balance, id }, index, wanted) {
    const option = el("div", { id: `acc-option-${index}` });
    option.setAttribute("role", "option");
    option.dataset.value = value;
    if (id) option.dataset.id = id;
    if (code) option.append(el("span", { className: "code", textContent: code }));
    const at = wanted ? name.toLowerCase().indexOf(wanted) : -1;
    const label = el("span");
    if (at < 0) label.textContent = name;
    else label.append(name.slice(0, at), el("mark", { textContent: name.slice(at, at + wanted.length) }), name.slice(at + wanted.length));
    option.append(label);
    if (balance) option.append(el("span", { className: "bal", textContent: balance }));
    return option;
  }

  place(input) {
    const cell = input.getBoundingClientRect();
    const height = Math.min(288, this.list.childElementCount * 32 + 8);
    const above = cell.bottom + height + 8 > innerHeight && cell.top > height;
    this.list.style.left = `${Math.max(8, Math.min(cell.left - 4, innerWidth - 340))}px`;
    this.list.style.top = `${above ? cell.top - height - 6 : cell.bottom + 4}px`;
    this.list.hidden = false;
  }

  mark(index) {
    const options = $$('[role="option"]', this.list);
    if (!options.length) return;
    this.marked = (index + options.length) % options.length;
    options.forEach((option, i) => option.setAttribute("aria-selected", i === this.marked));
    options[this.marked].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.marked].id);
  }

  move(step) {
    this.mark(this.marked + step);
  }

  /** Leave the cell: take what is marked, if something was typed or Enter insisted. */
  settle(input, insist) {
    const option = $('[aria-selected="true"]', this.list);
    if (option && (input.value || insist)) this.take(option);
    else this.close();
  }

  take(option) {
    const input = this.input;
    if (input.name === "account") {
      const account = this.by.get(option.dataset.value);
      input.value = `${account.c} ${account.n}`;
      input.dataset.code = account.c;
      this.showDimension(input.closest("td"), account);
      input.closest("tr").classList.remove("bad-acc");
    } else {
      input.value = option.dataset.value;
      const chosen = $('[name="aux_id"]', input.closest("td"));
      if (chosen) chosen.value = option.dataset.id ?? "";
    }
    this.close();
    this.changed();
  }

  showDimension(cell, account) {
    const dimension = $(".aux", cell);
    if (!dimension) return;
    dimension.hidden = !account.x;
    if (account.x) {
      $(".aux-k", dimension).textContent = account.xl ?? account.x;
      $(".aux-k", dimension).dataset.kind = account.x;
    }
    const kind = $('[name="aux_kind"]', dimension);
    if (kind.value === account.x) return;
    kind.value = account.x;
    for (const field of ["aux", "aux_id"]) $(`[name="${field}"]`, dimension).value = "";
  }

  close() {
    this.list.hidden = true;
    this.input?.setAttribute("aria-expanded", "false");
    this.input?.removeAttribute("aria-activedescendant");
  }
}
