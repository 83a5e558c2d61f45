// [data-shown-if="custom.level" data-shown-value="A"]: fields that are asked for only where another field has a value, or with
// data-shown-any one of several, parted by "|".  A hidden field is not sent, and counts as empty for those that depend on it; the
// server decides by the same rule.
import { $$ } from "./core.js";

const same = (a, b) => a.trim().toLowerCase() === b.trim().toLowerCase();

function value(form, name) {
  const control = form.elements[name];
  const one = control instanceof RadioNodeList ? [...control].find((each) => each.checked) ?? control[0] : control;
  if (!one || one.disabled) return "";
  if (one.type === "checkbox") return one.checked ? "true" : "";
  return one.value;
}

function draw(form) {
  // Twice as deep as anybody nests: each round settles one more level.
  for (let round = 0, changed = true; changed && round < 20; round++) {
    changed = false;
    for (const box of $$("[data-shown-if]", form)) {
      const wanted = "shownAny" in box.dataset ? box.dataset.shownValue.split("|") : [box.dataset.shownValue];
      const shown = wanted.some((each) => same(value(form, box.dataset.shownIf), each));
      if (box.hidden === !shown) continue;
      changed = true;
      box.hidden = !shown;
      for (const control of $$("input, select, textarea", box)) control.disabled = !shown;
    }
  }
}

const all = () => new Set($$("[data-shown-if]").map((box) => box.closest("form")).filter(Boolean)).forEach(draw);

all();
document.addEventListener("htmx:after:swap", all);
for (const kind of ["input", "change"]) document.addEventListener(kind, (event) => event.target.form?.querySelector("[data-shown-if]") && draw(event.target.form));
