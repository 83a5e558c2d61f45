// <ui-date>: type 23, 1105, 11-5, +1, or use the arrow keys.
import { $, define } from "./core.js";

const two = (n) => String(n).padStart(2, "0");
const iso = (day) => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;

/** The day meant by `typed`, seen from `base`; null when it means none. */
export function readDay(typed, base) {
  let match;
  let day = null;
  if (/^\d{1,2}$/.test(typed)) day = new Date(base.getFullYear(), base.getMonth(), Number(typed));
  else if ((match = /^(\d{2})(\d{2})$/.exec(typed) || /^(\d{1,2})[-/.月](\d{1,2})日?$/.exec(typed))) day = new Date(base.getFullYear(), match[1] - 1, Number(match[2]));
  else if ((match = /^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$/.exec(typed))) day = new Date(Number(match[1]), match[2] - 1, Number(match[3]));
  else if ((match = /^([+-]\d+)$/.exec(typed))) {
    day = new Date(base);
    day.setDate(day.getDate() + Number(match[1]));
  }
  return day && !Number.isNaN(day.getTime()) ? day : null;
}

define("ui-date", class extends HTMLElement {
  connectedCallback() {
    const input = $("input", this);
    let known = input.value;
    const base = () => (known ? new Date(`${known}T00:00`) : new Date());
    const set = (value) => {
      const changed = value !== known;
      input.value = known = value;
      if (changed) input.dispatchEvent(new Event("change", { bubbles: true }));
    };
    input.addEventListener("blur", () => {
      const typed = input.value.trim();
      if (!typed) return set("");
      const day = readDay(typed, base());
      set(day ? iso(day) : known);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      const day = base();
      day.setDate(day.getDate() + (event.key === "ArrowUp" ? 1 : -1));
      set(iso(day));
    });
    input.addEventListener("focus", () => input.select());
  }
});
