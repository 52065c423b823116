// A destructive form with data-ask="question" asks in a dialog first, and a form is sent only once.
// Without JavaScript the confirmation page of the server does the asking.
import { on } from "./on.js";

function ask(form, submitter) {
  const dialog = document.getElementById("ask");
  dialog.querySelector("[data-ask-text]").textContent = form.dataset.ask;
  dialog.querySelector("[data-ask-yes]").textContent = form.dataset.askYes || submitter?.textContent.trim() || "OK";
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return submitter?.focus();
    form.dataset.asked = "yes";
    form.requestSubmit(submitter);
  }, { once: true });
  dialog.showModal();
}

function busy(form, submitter) {
  form.dataset.sent = "yes";
  submitter?.setAttribute("aria-busy", "true");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.submitter?.formTarget) return;
  if (form.dataset.ask && !form.dataset.asked && document.getElementById("ask")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return ask(form, event.submitter);
  }
  if (form.dataset.sent) { event.preventDefault(); return event.stopImmediatePropagation(); }
  busy(form, event.submitter);
}, { capture: true });

// The browser's Back brings a page as it was left: let its forms be sent again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; delete form.dataset.asked; });
  document.querySelectorAll("[aria-busy=true]").forEach((button) => button.removeAttribute("aria-busy"));
});
document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target.closest?.("form");
  if (form) { delete form.dataset.sent; form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy")); }
});

on("click", "dialog.ask", (dialog, event) => event.target === dialog && dialog.close("no"));
