// Lists: select all, and the bar that appears when rows are selected.
import { $, $$ } from "./core.js";

document.addEventListener("change", (event) => {
  const box = event.target.closest?.('.tbl .chk input[type="checkbox"]');
  if (!box) return;
  const table = box.closest(".tbl");
  const boxes = $$('tbody .chk input[type="checkbox"]', table);
  if (box.closest("thead")) boxes.forEach((one) => (one.checked = box.checked));
  boxes.forEach((one) => one.closest("tr").classList.toggle("sel", one.checked));
  const count = boxes.filter((one) => one.checked).length;
  const all = $('thead .chk input[type="checkbox"]', table);
  if (all) {
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  }
  const bar = $(".bulk", box.closest("form") ?? table.parentElement);
  if (!bar) return;
  bar.hidden = !count;
  $("[data-count]", bar).textContent = count;
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-clear]")) return;
  const scope = event.target.closest(".bulk").parentElement;
  for (const box of $$('.tbl .chk input[type="checkbox"]:checked', scope)) {
    box.checked = false;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
