// The palette: Ctrl-K (or ⌘-K) opens it, arrows choose, Enter goes, Esc closes. The server finds; see components/palette.html.
import { on } from "./on.js";

const dialog = () => document.getElementById("palette");
const input = () => document.getElementById("palette-input");
const options = () => [...dialog().querySelectorAll("[role=option][href]")];

function choose(option) {
  dialog().querySelectorAll("[aria-selected=true]").forEach((other) => other.setAttribute("aria-selected", "false"));
  input().setAttribute("aria-expanded", String(options().length > 0));
  if (!option) return input().removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input().setAttribute("aria-activedescendant", option.id);
}

function open() {
  if (!dialog() || document.querySelector("dialog[open]")) return;
  dialog().showModal();
  input().focus();
  input().select();
  input().dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  if (!dialog()) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return dialog().open ? dialog().close() : open();
  }
  if (event.target !== input()) return;
  const all = options();
  const now = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const wanted = { ArrowDown: (now + 1) % all.length, ArrowUp: (now - 1 + all.length) % all.length }[event.key];
  if (wanted !== undefined && all.length) { event.preventDefault(); choose(all[wanted]); }
  if (event.key === "Enter" && now >= 0) { event.preventDefault(); all[now].click(); }
});

document.addEventListener("htmx:after:swap", () => { if (dialog()?.open) choose(options()[0]); });
on("click", "[data-palette]", (_link, event) => { if (dialog()) { event.preventDefault(); open(); } });
on("click", "[data-palette-close]", () => dialog().close());
on("click", "dialog.palette", (shown, event) => event.target === shown && shown.close());
