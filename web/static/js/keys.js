// The keyboard: "/" goes to the search, "c" creates (the link with data-create), Esc and a click elsewhere close menus.
// Ctrl-K opens the palette (palette.js).

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable], dialog[open]");

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return closeMenus(document.activeElement);
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  }
  if (event.key === "c") document.querySelector("a[data-create]")?.click();
});

function closeMenus(focused) {
  document.querySelectorAll("details.drop[open]").forEach((menu) => {
    menu.open = false;
    if (menu.contains(focused)) menu.querySelector("summary").focus();
  });
}

// A filter that is asked for gives way to the list.
document.addEventListener("submit", (event) => {
  if (event.target.method === "get") closeMenus(document.activeElement);
});

document.addEventListener("click", (event) => {
  document.querySelectorAll("details.drop[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("focusin", (event) => {
  document.querySelectorAll("details.drop[open]").forEach((menu) => {
    if (!menu.contains(event.target) && event.target !== document.body) menu.open = false;
  });
});
