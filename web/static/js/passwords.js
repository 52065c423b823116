// Shows a password, and makes one that fills both fields.
import { on } from "./on.js";

const LENGTH = 16;
// Without look-alikes (0 O, 1 l I): somebody may have to read it aloud.
const KINDS = ["abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "-_.:+=!?"];

function below(limit) {
  const top = 2 ** 32 - (2 ** 32 % limit);
  for (;;) {
    const [number] = crypto.getRandomValues(new Uint32Array(1));
    if (number < top) return number % limit;
  }
}

function password() {
  const pick = (letters) => letters[below(letters.length)];
  const letters = [...KINDS.map(pick), ...Array.from({ length: LENGTH - KINDS.length }, () => pick(KINDS.join("")))];
  for (let i = letters.length - 1; i > 0; i -= 1) {
    const j = below(i + 1);
    [letters[i], letters[j]] = [letters[j], letters[i]];
  }
  return letters.join("");
}

function reveal(button, shown) {
  document.querySelector(button.dataset.reveal).type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  button.querySelector("use").setAttribute("href", `/static/icons.svg#${shown ? "eye-off" : "eye"}`);
}

on("click", "[data-reveal]", (button) => reveal(button, button.getAttribute("aria-pressed") !== "true"));

on("click", "[data-generate]", (button) => {
  const pair = button.closest("[data-passwords]");
  const made = password();
  pair.querySelectorAll("input").forEach((input) => {
    input.value = made;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  pair.querySelectorAll("[data-reveal]").forEach((eye) => reveal(eye, true));
  const said = pair.querySelector("[data-generated]");
  said.textContent = said.dataset.generated;
});

// A browser offers to keep a password only when it is one: hide it again before it is sent.
document.addEventListener("submit", (event) => {
  event.target.querySelectorAll("[data-reveal][aria-pressed=true]").forEach((button) => reveal(button, false));
}, { capture: true });
