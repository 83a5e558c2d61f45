// <ui-voucher>: the journal grid, driven from the keyboard as accountants in China know it.
//   Enter next cell, new line at the end · = or Ctrl+F7 balances · Space swaps debit and credit · - makes red-letter
//   .. copies the summary above, // the first · F7 lists accounts and kept summaries, F8 keeps a summary · Ctrl+I, Ctrl+Delete line
//   Ctrl+Enter saves · lines are pasted from a spreadsheet: summary, account, debit, credit
import { $, $$, define, text } from "./core.js";
import { cents, grouped, plain, upper } from "./money.js";
import { toast } from "./toast.js";
import { Extras } from "./extras.js";
import { AccountPicker } from "./picker.js";

const isAmount = (input) => input.name === "debit" || input.name === "credit";
const isPicked = (input) => input.name === "account" || Boolean(input.dataset.kind);

define("ui-ruled", class extends HTMLElement {
  connectedCallback() {
    if (this.digits) return;
    this.digits = document.createElement("span");
    this.digits.className = "ruled";
    this.digits.setAttribute("aria-hidden", "true");
    for (let i = 0; i < 11; i++) this.digits.append(document.createElement("i"));
    this.append(this.digits);
    const input = $("input", this);
    if (input) this.show(cents(input.value));
  }

  show(fen) {
    const digits = fen ? String(Math.abs(Math.round(fen))).padStart(3, "0") : "";
    [...this.digits.children].forEach((cell, i) => (cell.textContent = digits[digits.length - 11 + i] ?? ""));
    this.digits.classList.toggle("red", fen < 0);
    if (this.dataset.total) {
      this.output ||= this.appendChild(document.createElement("output"));
      this.output.textContent = grouped(fen);
    }
  }
});

define("ui-voucher", class extends HTMLElement {
  connectedCallback() {
    customElements.upgrade(this); // the ruled cells inside must be alive before the first sum
    this.body = $("tbody", this);
    this.blank = $("template[data-line]", this);
    this.extras = new Extras(this);
    this.picker = new AccountPicker(this, $("#acc-pop", this), () => this.known());
    this.addEventListener("paste", (event) => this.paste(event));
    this.addEventListener("change", (event) => this.changed(event.target));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("input", (event) => this.typed(event.target));
    this.addEventListener("focusin", (event) => this.entered(event.target));
    this.addEventListener("focusout", (event) => this.left(event.target));
    this.addEventListener("click", (event) => {
      const remove = event.target.closest("[data-del]");
      if (remove) this.drop(remove.closest("tr"));
      if (event.target.closest("[data-addrow]")) $("input", this.add()).focus();
      this.drafting = Boolean(event.target.closest("[data-draft]")); // a draft may wait half done
    });
    $("form", this).addEventListener("htmx:config:request", (event) => {
      if (this.total() || this.drafting) return;
      event.preventDefault();
      toast({ text: this.difference ? `${this.dataset.off} ${grouped(Math.abs(this.difference))}` : text("empty"), tone: "bad" });
    });
    this.watch();
    this.total();
    const wrong = $('[aria-invalid="true"], [data-asks] [name="account"]', this);
    const first = wrong ?? $$('input[name="summary"]', this).find((input) => !input.value);
    if (first && matchMedia("(hover: hover)").matches) first.focus({ preventScroll: true });
  }

  /** What was typed and not saved is not left behind unasked: neither for another page, nor by a command on the old state. */
  watch() {
    this.dirty = "unsaved" in this.dataset;
    this.addEventListener("input", () => (this.dirty = true));
    this.leaving = (event) => {
      if (!this.dirty || !this.isConnected) return;
      if (event.type === "beforeunload") event.preventDefault();
      else if (event.detail?.ctx?.target === document.body && !confirm(this.dataset.leave)) event.preventDefault();
      else if (event.detail?.ctx?.target === document.body) this.dirty = false;
    };
    addEventListener("beforeunload", this.leaving);
    document.addEventListener("htmx:before:request", this.leaving);
  }

  disconnectedCallback() {
    removeEventListener("beforeunload", this.leaving);
    document.removeEventListener("htmx:before:request", this.leaving);
  }

  // ------------------------------------------------------------ lines
  rows() {
    return $$("tr.vl", this.body);
  }

  add(after = null) {
    const row = this.blank.content.firstElementChild.cloneNode(true);
    if (after) after.after(row);
    else this.body.append(row);
    this.number();
    return row;
  }

  drop(row) {
    const neighbour = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    if (!this.rows().length) this.add();
    this.number();
    this.total();
    $("input", neighbour ?? this.body)?.focus();
  }

  number() {
    this.rows().forEach((row, i) => ($(".ln", row).textContent = i + 1));
  }

  cell(row, name) {
    return $(`[name="${name}"]`, row);
  }

  other(input) {
    return this.cell(input.closest("tr"), input.name === "debit" ? "credit" : "debit");
  }

  fields(row) {
    return $$("input:not([type=hidden])", row).filter((input) => input.offsetParent && !input.closest("[hidden]"));
  }

  // ------------------------------------------------------------ sums
  /** Show the sums; true when the voucher balances and is not empty. */
  total() {
    let debit = 0;
    let credit = 0;
    for (const row of this.rows()) {
      debit += cents(this.cell(row, "debit").value) || 0;
      credit += cents(this.cell(row, "credit").value) || 0;
    }
    this.difference = debit - credit;
    const off = this.difference !== 0;
    const none = !debit && !credit;
    const gap = `${this.dataset.off} ${grouped(Math.abs(this.difference))}`;
    $('[data-total="debit"]', this).show(debit);
    $('[data-total="credit"]', this).show(credit);
    $("[data-upper]", this).textContent = none ? "" : off ? gap : upper(debit);
    this.classList.toggle("off", off);
    const state = $("[data-state]", this);
    state.className = `vstate ${off ? "bad" : none ? "" : "ok"}`;
    state.textContent = off ? gap : none ? "0.00" : `${this.dataset.ok} ${grouped(debit)}`;
    $("[data-save]", this)?.setAttribute("aria-disabled", off || none);
    return !off && !none;
  }

  set(input, fen) {
    input.value = this.classList.contains("plain") && fen ? grouped(fen) : plain(fen);
    input.parentElement.show(fen);
  }

  balance(input) {
    const other = this.other(input);
    this.set(input, 0);
    this.set(other, 0);
    this.total();
    const needed = input.name === "debit" ? -this.difference : this.difference;
    if (needed >= 0) this.set(input, needed);
    else this.set(other, -needed);
    this.total();
    this.info();
    if (needed >= 0) input.select();
  }

  swap(input) {
    const other = this.other(input);
    const [mine, theirs] = [cents(input.value) || 0, cents(other.value) || 0];
    this.set(input, theirs);
    this.set(other, mine);
    other.focus();
    this.total();
  }

  // ------------------------------------------------------------ typing
  entered(input) {
    if (input.tagName !== "INPUT") return;
    if (isPicked(input) || isAmount(input) || input.dataset.x) input.select();
    this.at = input;
    this.info();
  }

  left(input) {
    if (input === this.at) this.picker.close();
    if (isAmount(input)) {
      const fen = cents(input.value) || 0;
      this.set(input, fen);
      if (fen && this.other(input).value) this.set(this.other(input), 0);
      this.extras.priced(input.closest("tr"));
      this.total();
    } else if (input.dataset.x) this.extras.left(input);
    if (input.name === "account" && this.picker.ready) {
      const wrong = Boolean(input.value) && !this.picker.account(input.dataset.code);
      input.closest("tr").classList.toggle("bad-acc", wrong);
    }
  }

  typed(input) {
    if (input.name === "summary") {
      const above = input.closest("tr").previousElementSibling;
      if (input.value === ".." || input.value === "。。") input.value = above ? this.cell(above, "summary").value : "";
      if (input.value === "//" || input.value === "、、") input.value = this.cell(this.rows()[0], "summary").value;
      if (input.value.trim()) this.picker.suggest(input, input.value);
      else this.picker.close();
    } else if (isPicked(input)) {
      this.picker.forget(input);
      if (input.dataset.kind) this.extras.typed(input);
      this.picker.suggest(input, input.value);
    } else if (input.dataset.x) this.extras.typed(input);
    else if (isAmount(input)) this.total();
  }

  /** From one cell to the next; past the last one of a line, to the next line with the same summary. */
  next(input) {
    const row = input.closest("tr");
    const fields = this.fields(row).filter((field) => field === input || !field.dataset.kind || field.ariaRequired); // what may be left out is a Tab away
    const following = input.name === "debit" && input.value ? null : fields[fields.indexOf(input) + 1];
    if (following) {
      following.focus();
      following.select();
      return;
    }
    const below = row.nextElementSibling || this.add();
    const summary = this.cell(below, "summary");
    const untouched = !this.fields(below).some((field) => field.value);
    if (untouched) summary.value = this.cell(row, "summary").value;
    summary.focus();
    summary.select();
  }

  /** The accounts came, or one was chosen: draw what each line keeps, once. */
  known() {
    for (const row of this.rows()) {
      const input = this.cell(row, "account");
      const typed = this.picker.account(input.value.split(" ")[0].replaceAll(".", "")); // a code that was typed before they came
      if (typed && !input.dataset.code && input !== document.activeElement) {
        input.value = `${typed.c} ${typed.n}`;
        input.dataset.code = typed.c;
      }
      const account = row.drawn ? null : this.picker.account(input.dataset.code);
      if (account) this.extras.draw(row, account);
    }
    const now = document.activeElement;
    if (now?.closest("[data-asks]")) $('[aria-invalid="true"]', now.closest("tr"))?.focus();
    else if (this.contains(now) && isPicked(now) && now.value && !this.picker.open && !now.dataset.code && !now.dataset.id) this.picker.suggest(now, now.value);
    this.info();
  }

  /** Lines from a spreadsheet go from this line on. */
  paste(event) {
    const text = event.clipboardData.getData("text/plain");
    let row = event.target.closest?.("tr.vl");
    if (!row || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    for (const line of text.replace(/\r/g, "").split("\n").filter((each) => each.trim())) {
      const [summary = "", account = "", debit = "", credit = ""] = line.split("\t").map((each) => each.trim());
      row ||= this.add();
      const found = this.picker.account(account.split(" ")[0].replaceAll(".", ""));
      this.cell(row, "summary").value = summary;
      this.cell(row, "account").value = found ? `${found.c} ${found.n}` : account;
      this.cell(row, "account").dataset.code = found?.c ?? "";
      if (found) this.extras.draw(row, found);
      this.set(this.cell(row, "debit"), cents(debit) || 0);
      this.set(this.cell(row, "credit"), cents(credit) || 0);
      row = row.nextElementSibling;
    }
    this.total();
  }

  async changed(input) {
    if (input.matches("[data-item]")) return this.extras.setItem(this.at.closest("tr"), input.value);
    if ((input.name !== "word" && input.name !== "on") || $('[name="draft_id"]', this).value) return;
    const [word, on] = ["word", "on"].map((name) => encodeURIComponent($(`[name="${name}"]`, this).value));
    const answer = await fetch(`/vouchers/choices/number?word=${word}&on=${on}`);
    if (answer.ok) $("[data-number]", this).textContent = (await answer.json()).number;
  }

  /** The cash flow item of the line at hand: asked for where another line of the voucher is money. */
  cash(row, account) {
    const place = $("[data-cashflow]", this);
    const money = (each) => this.picker.account(this.cell(each, "account").dataset.code)?.m;
    place.hidden = !account || account.m || !this.rows().some(money);
    if (place.hidden) return;
    const select = $("select", place);
    if (select.options.length < 2) select.append(...this.picker.cash.map(({ n, l }) => new Option(l, n)));
    select.value = this.extras.read(row).item ?? "";
  }

  /** Keep the summary for use. */
  async phrase(input) {
    const body = new URLSearchParams({ text: input.value, csrf_token: $('[name="csrf_token"]', this).value });
    const answer = await fetch("/vouchers/phrases/quick", { method: "POST", body, headers: { Accept: "application/json" } });
    const said = answer.ok ? this.dataset.kept : (await answer.json().catch(() => ({}))).title;
    if (said) toast({ text: said, tone: answer.ok ? "ok" : "bad" });
  }

  /** What the account's balance is, and will be after posting. */
  info() {
    const place = $("[data-info]", this);
    const row = this.at?.closest("tr.vl");
    place.textContent = "";
    const account = row && this.picker.account(this.cell(row, "account").dataset.code);
    if (this.picker.ready) this.cash(row, account);
    if (!account) return;
    const before = Math.round(Number(account.b) * 100);
    const change = (cents(this.cell(row, "debit").value) || 0) - (cents(this.cell(row, "credit").value) || 0);
    const side = (fen) => `${fen < 0 ? this.dataset.cr : this.dataset.dr} ${grouped(Math.abs(fen))}`;
    const name = document.createElement("b");
    name.textContent = `${account.c} ${account.n.split("/").pop().trim()}`;
    place.append(name, `  ${this.dataset.bal} ${side(before)}`, change ? `  →  ${side(before + change)} ${this.dataset.after}` : "");
  }

  save() {
    this.at?.blur();
    $("[data-save]", this).click();
  }

  key(event) {
    const input = event.target;
    const control = event.ctrlKey || event.metaKey;
    const take = (act) => {
      event.preventDefault();
      act();
    };
    if (control && event.key === "Enter") return take(() => this.save());
    if (input.tagName !== "INPUT") return;
    const row = input.closest("tr.vl");
    if (!row) {
      if (event.key === "Enter") take(() => $("input", this.body).focus());
      return;
    }
    if (isAmount(input)) {
      if (event.key === "=" || (event.ctrlKey && event.key === "F7")) return take(() => this.balance(input));
      if (event.key === " ") return take(() => this.swap(input));
      const atEnd = input.selectionStart === input.value.length;
      if (event.key === "-" && atEnd && /^-?[\d.,]+$/.test(input.value)) return take(() => this.red(input));
    } else if (event.ctrlKey && event.key === "F7") return event.preventDefault();
    if (event.key === "F7") return take(() => (isPicked(input) || input.name === "summary") && this.picker.suggest(input, ""));
    if (event.key === "F8") return take(() => input.name === "summary" && input.value.trim() && this.phrase(input));
    if (event.ctrlKey && event.key === "Delete") return take(() => this.drop(row));
    if (event.key === "Insert" || (event.ctrlKey && event.key.toLowerCase() === "i")) return take(() => $("input", this.add(row)).focus());
    if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) return this.forward(event, input, row);
    if (event.key === "Escape" && this.picker.open) return take(() => this.picker.close());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      take(() => (this.picker.open ? this.picker.move(step) : this.vertical(input, row, step)));
    }
  }

  red(input) {
    input.value = input.value.startsWith("-") ? input.value.slice(1) : `-${input.value}`;
    this.total();
  }

  forward(event, input, row) {
    if (event.isComposing || event.keyCode === 229) return; // the input method is choosing a word
    if (this.picker.coming && this.picker.input === input) {
      event.preventDefault();
      return this.picker.coming.then(() => document.activeElement === input && this.onward(input, event.key === "Enter"));
    }
    if (this.picker.open) this.picker.settle(input, event.key === "Enter");
    const last = input === this.fields(row).pop() && !row.nextElementSibling;
    if (event.key === "Enter" || last) {
      event.preventDefault();
      this.next(input);
    }
  }

  /** What was typed faster than it was found. */
  onward(input, insist) {
    if (this.picker.open) this.picker.settle(input, insist);
    this.next(input);
  }

  vertical(input, row, step) {
    const target = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    const same = target && this.cell(target, input.name);
    if (same?.offsetParent) same.focus();
    else if (target) this.cell(target, "account").focus();
  }
});
