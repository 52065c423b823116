// Tickets by the keyboard. In a list j and k go down and up, Enter opens; on a page a letter presses or focuses what
// says data-key with it, Esc leaves a field, and ? opens the list of these keys (data-keys).

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable], dialog[open]");

function step(table, by) {
  const links = [...table.querySelectorAll("tbody th a")];
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by;
  links[Math.max(0, Math.min(links.length - 1, next))]?.focus();
}

function use(place) {
  if (place.matches("textarea, select, input")) place.focus();
  else place.click();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches?.("[data-key]") && typing(event.target)) return event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const table = document.querySelector("[data-triage]");
  if (table && (event.key === "j" || event.key === "k")) {
    event.preventDefault();
    return step(table, event.key === "j" ? 1 : -1);
  }
  const help = event.key === "?" && document.querySelector("details[data-keys]");
  if (help) {
    help.open = true;
    help.querySelector("summary").focus();
    return help.scrollIntoView({ block: "nearest" });
  }
  const place = /^[a-z]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]`);
  if (place) {
    event.preventDefault();
    use(place);
  }
});
