// Fields that depend on others, the focus on the first error, and forms that are sent when a choice changes.
import { on, onContent } from "./on.js";

// <div data-when="kind=company">: shown while the field `kind` of the same form has that value.
function depend(form) {
  form.querySelectorAll("[data-when]").forEach((part) => {
    const [name, wanted] = part.dataset.when.split("=");
    const field = form.elements[name];
    if (!field) return;
    const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
    part.hidden = value !== wanted;
  });
}

function focusFirstError(root) {
  const first = root.querySelector("form [aria-invalid=true]") ?? root.querySelector("[data-error-summary]");
  if (!first || first.dataset.seen) return;
  first.dataset.seen = "yes";
  if (first.matches("[data-error-summary]")) first.tabIndex = -1;
  const target = first.matches("fieldset") ? first.querySelector("input:checked, input") ?? first : first;
  target.focus();
}

on("change", "form", depend);
on("change", "[data-submit-on-change]", (field) => field.form.requestSubmit());
onContent((root) => {
  root.querySelectorAll("form:has([data-when])").forEach(depend);
  focusFirstError(root);
});

// A filter is sent without its empty fields, so that its address stays short.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const body = ctx.request.body;
  if (ctx.request.method !== "GET" || !body?.entries) return;
  for (const [name, value] of [...body.entries()]) if (value === "") body.delete(name);
});
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-lean]")) return;
  for (const [name, value] of [...event.formData.entries()]) if (value === "") event.formData.delete(name);
});

// A part of a page that was refused becomes the whole page of that address: it says why.
document.addEventListener("htmx:before:response", (event) => {
  const { ctx } = event.detail;
  if (ctx.request.method !== "GET" || ctx.response.raw.status < 400 || ctx.response.raw.headers.has("HX-Redirect")) return;
  event.preventDefault();
  location.assign(ctx.response.raw.url || ctx.request.action);
});
