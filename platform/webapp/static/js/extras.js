// What a line of the voucher grid says beside account and amount: dimensions, foreign money, quantity.  Drawn under the account
// for accounts that keep it, and kept as JSON in the line's hidden field: {dims: {kind: [id, name]}, currency, amount, rate,
// quantity, price, item}.
import { $, $$, el } from "./core.js";
import { calculate, cents, plain } from "./money.js";

const value = (typed) => calculate(String(typed ?? "").normalize("NFKC").replace(/[,\s]/g, "") || "x");
const short = (number) => String(Number(number.toPrecision(15)));

export class Extras {
  constructor(grid) {
    this.grid = grid;
  }

  read(row) {
    try {
      return JSON.parse(this.grid.cell(row, "extra").value || "{}");
    } catch {
      return {};
    }
  }

  /** Draw what the account keeps; what it does not keep is forgotten. */
  draw(row, account) {
    const kept = this.read(row);
    const { quantity, price, rate } = this.grid.dataset;
    const parts = account.x?.map(({ k, l, r }) => this.dimension(kept.dims?.[k] ?? ["", ""], k, l, r)) ?? [];
    if (account.f) parts.push(this.part(account.f, this.number("amount", kept.amount, account.f), "×", this.number("rate", kept.rate, rate)));
    if (account.u) parts.push(this.part(account.u, this.number("quantity", kept.quantity, quantity), "@", this.number("price", kept.price, price)));
    row.drawn = true;
    const place = $(".aux", row);
    place.replaceChildren(...parts);
    place.hidden = !parts.length;
    if (account.f && !kept.rate) this.propose(row, account.f);
    this.keep(row, account);
    if ($("[data-asks]", row)) for (const input of $$("[aria-required]", row)) if (!input.dataset.id) input.setAttribute("aria-invalid", "true");
  }

  part(label, ...fields) {
    return el("span", { className: "aux-p" }, el("span", { className: "aux-k", textContent: label }), ...fields);
  }

  dimension([id, name], kind, label, required) {
    const input = el("input", { value: name, autocomplete: "off" });
    input.dataset.kind = kind;
    input.dataset.id = id;
    for (const [attribute, text] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", "acc-pop"], ["aria-label", label]]) input.setAttribute(attribute, text);
    if (required) input.setAttribute("aria-required", "true");
    return this.part(required ? `${label} *` : label, input);
  }

  number(what, text, label) {
    const input = el("input", { value: text ?? "", inputMode: "decimal", autocomplete: "off", className: "num" });
    input.dataset.x = what;
    input.setAttribute("aria-label", label);
    return input;
  }

  field(row, what) {
    return $(`[data-x="${what}"]`, row);
  }

  /** Write down what the cells hold. */
  keep(row, account) {
    const { item } = this.read(row);
    const kept = {};
    for (const input of $$("[data-kind]", row)) if (input.value.trim()) (kept.dims ||= {})[input.dataset.kind] = [input.dataset.id, input.value];
    for (const input of $$("[data-x]", row)) if (input.value.trim()) kept[input.dataset.x] = input.value.trim();
    if (kept.amount && account?.f) kept.currency = account.f;
    if (item) kept.item = item;
    this.grid.cell(row, "extra").value = Object.keys(kept).length ? JSON.stringify(kept) : "";
  }

  /** The cash flow item of a line; "" leaves it to the rules. */
  setItem(row, item) {
    const kept = this.read(row);
    if (item) kept.item = item;
    else delete kept.item;
    this.grid.cell(row, "extra").value = Object.keys(kept).length ? JSON.stringify(kept) : "";
  }

  async propose(row, currency) {
    const on = $('[name="on"]', this.grid).value;
    const answer = await fetch(`${this.grid.picker.rates}?currency=${currency}&on=${encodeURIComponent(on)}`);
    const rate = answer.ok ? (await answer.json()).rate : null;
    const field = this.field(row, "rate");
    if (rate && field && !field.value) {
      field.value = short(Number(rate));
      this.typed(field);
    }
  }

  /** Foreign money times rate, or quantity times price, is the amount in the base currency. */
  typed(input) {
    const row = input.closest("tr");
    const account = this.grid.picker.account(this.grid.cell(row, "account").dataset.code);
    if (input.dataset.x) {
      const pair = input.dataset.x === "amount" || input.dataset.x === "rate" ? ["amount", "rate"] : ["quantity", "price"];
      const [one, other] = pair.map((what) => this.field(row, what)?.value);
      if (value(one) !== null && value(other) !== null) {
        const credit = this.grid.cell(row, "credit");
        this.grid.set(credit.value ? credit : this.grid.cell(row, "debit"), cents(`(${one})*(${other})`));
        this.grid.total();
      }
    }
    this.keep(row, account);
  }

  /** A sum that was typed becomes its value. */
  left(input) {
    const known = value(input.value);
    if (known !== null) input.value = input.dataset.x === "amount" ? plain(cents(input.value)) : short(known);
    this.typed(input);
  }

  /** The base amount was typed: the price follows, where there is a quantity. */
  priced(row) {
    const [quantity, price] = [this.field(row, "quantity"), this.field(row, "price")];
    const fen = cents(this.grid.cell(row, "debit").value) || cents(this.grid.cell(row, "credit").value);
    if (!price || !fen || !value(quantity.value) || cents(`(${quantity.value})*(${price.value || 0})`) === fen) return;
    price.value = String(Number((fen / 100 / value(quantity.value)).toFixed(6)));
    this.keep(row, this.grid.picker.account(this.grid.cell(row, "account").dataset.code));
  }
}
