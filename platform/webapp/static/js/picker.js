// The list under a cell: accounts by code with or without dots, by name, by pinyin initials; values of a dimension; kept summaries.
// The server answers data-accounts with {"accounts": [{"c": code, "n": name, "p": initials, "b": balance, "x": [{"k": dimension,
// "l": its name, "r": required}], "f": currency, "u": unit, "m": money}], "cash": [{"n", "l"}], "items" and "rate": where to ask}.
import { $, $$, el, floor } from "./core.js";
import { grouped } from "./money.js";

const books = {};

export class AccountPicker {
  constructor(grid, list, changed) {
    this.grid = grid;
    this.list = list;
    this.changed = changed;
    this.by = new Map();
    const url = grid.dataset.accounts;
    (books[url] ||= fetch(url).then((answer) => answer.json())).then(({ accounts, cash, items, rate }) => {
      Object.assign(this, { accounts, cash, items, rates: rate });
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
    else input.dataset.id = "";
  }

  /** Fill the list for what was typed; ``coming`` lasts until the records that the server finds are there. */
  suggest(input, typed) {
    const found = this.find(input, typed).finally(() => {
      if (this.coming === found) this.coming = null;
    });
    this.coming = input.dataset.kind ? found : null;
    return found;
  }

  async find(input, typed) {
    if (!this.ready) return;
    this.input = input;
    if (input.dataset.kind) this.close(); // what was found for fewer letters must not be taken for more
    const wanted = typed.trim().toLowerCase();
    const asked = (this.asked = {});
    const late = () => asked !== this.asked || document.activeElement !== input; // typed on meanwhile, or gone
    const free = input.name === "summary";
    if (free) await new Promise((done) => setTimeout(done, 150));
    if (late()) return;
    const found = input.name === "account" ? this.accountsLike(wanted) : free ? await this.phrasesLike(wanted) : await this.dimensionsLike(input, wanted);
    if (late()) return;
    if (free && !found.length) return this.close();
    this.list.replaceChildren(...(found.length ? found.map((one, i) => this.option(one, i, wanted)) : [el("div", { className: "none", textContent: this.grid.dataset.none })]));
    this.place(input);
    input.setAttribute("aria-expanded", "true");
    this.marked = -1;
    if (!free || found[0].code?.toLowerCase() === wanted) this.mark(0); // what is typed freely stays, unless one is chosen
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

  async dimensionsLike(input, wanted) {
    const answer = await fetch(`${this.items}?kind=${input.dataset.kind}&q=${encodeURIComponent(wanted)}`).catch(() => ({ ok: false }));
    return answer.ok ? (await answer.json()).map(({ n, c, id }) => ({ value: n, code: c, name: n, id })) : [];
  }

  async phrasesLike(wanted) {
    const answer = await fetch(`${this.grid.dataset.phrases}?q=${encodeURIComponent(wanted)}`);
    return answer.ok ? (await answer.json()).map(({ n, c }) => ({ value: n, code: c, name: n })) : [];
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
    const above = cell.bottom + height + 8 > floor() && cell.top > height;
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
      this.grid.extras.draw(input.closest("tr"), account);
      input.closest("tr").classList.remove("bad-acc");
    } else {
      input.value = option.dataset.value;
      if (input.dataset.kind) {
        input.dataset.id = option.dataset.id ?? "";
        this.grid.extras.typed(input);
      }
    }
    this.close();
    this.changed();
  }

  close() {
    this.list.hidden = true;
    this.input?.setAttribute("aria-expanded", "false");
    this.input?.removeAttribute("aria-activedescendant");
  }
}
