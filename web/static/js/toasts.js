// Notes at the bottom right: they go by themselves unless they tell of an error or somebody is reading them.
// A server answers an htmx request with `HX-Trigger: {"toast": {"kind": "good", "text": "..."}}` to show one.
import { on, onContent } from "./on.js";

const READING_TIME = 7000;

function leaveLater(note) {
  if (note.dataset.timed || note.matches(".is-bad")) return;
  note.dataset.timed = "yes";
  const leave = () => (note.matches(":hover, :focus-within") ? setTimeout(leave, 1500) : note.remove());
  setTimeout(leave, READING_TIME);
}

function show({ kind = "good", text }) {
  const template = document.getElementById("toast-template");
  if (!template || !text) return;
  const note = template.content.firstElementChild.cloneNode(true);
  note.className = `toast-note is-${kind}`;
  note.querySelector("p").textContent = text;
  document.getElementById("toasts").append(note);
  leaveLater(note);
}

on("click", "[data-dismiss]", (button) => button.closest("[data-toast]")?.remove());
document.addEventListener("toast", (event) => show(event.detail));
onContent((root) => root.querySelectorAll("[data-toast]").forEach(leaveLater));
