// Selecting rows: the box in the head picks the page, the bar says how many, Esc lets go, Shift picks a range.
// <form data-picks> holds .pick boxes, [data-pick-all], and [data-pick-count] with data-one and data-many ("%s selected").
import { on, onContent } from "./on.js";

let last = null;
const boxes = (form) => [...form.querySelectorAll(".pick")];

function count(form) {
  const all = boxes(form);
  const picked = all.filter((box) => box.checked).length;
  form.classList.toggle("has-picked", picked > 0);
  const head = form.querySelector("[data-pick-all]");
  if (head) { head.checked = picked > 0 && picked === all.length; head.indeterminate = picked > 0 && picked < all.length; }
  const said = form.querySelector("[data-pick-count]");
  if (said) said.textContent = (picked === 1 ? said.dataset.one : said.dataset.many).replace("%s", picked);
}

on("click", ".pick", (box, event) => {
  const form = box.closest("[data-picks]");
  const all = boxes(form);
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
  }
  last = box;
  count(form);
});

on("change", "[data-pick-all]", (head) => {
  const form = head.closest("[data-picks]");
  boxes(form).forEach((box) => { box.checked = head.checked; });
  count(form);
});

on("click", "[data-pick-none]", (button) => {
  const form = button.closest("[data-picks]");
  boxes(form).forEach((box) => { box.checked = false; });
  count(form);
  form.querySelector("[data-pick-all]")?.focus();
});

onContent((root) => root.querySelectorAll("[data-picks]").forEach(count));
