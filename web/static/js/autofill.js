// What a response template became goes into its field; the button beside it takes that back.
import { on, onContent } from "./on.js";

const fieldOf = (source) => document.getElementById(`field-${source.dataset.fills}`);

function put(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

onContent((root) => root.querySelectorAll("[data-fills]:not([data-was])").forEach((source) => {
  const field = fieldOf(source);
  if (!field) return;
  source.dataset.was = field.value;
  put(field, source.value);
  field.focus();
}));

// A form with a text for each language has one panel: it opens below the button that asks for it.
on("click", "[data-autofill]", (button) => button.parentElement.after(document.getElementById("autofill-panel")));

onContent((root) => root.querySelectorAll("[data-autofill-search]:not([data-shown])").forEach((search) => {
  search.dataset.shown = "yes";
  search.focus();
  search.setSelectionRange(search.value.length, search.value.length);
  search.scrollIntoView({ block: "nearest" });
}));

on("click", "[data-unfill]", (button) => {
  button.parentElement.querySelectorAll("[data-was]").forEach((source) => put(fieldOf(source), source.dataset.was));
  document.getElementById("autofill-panel").replaceChildren();
});
