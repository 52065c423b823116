// "As the system": the parts of Tabler that look at data-bs-theme follow the system too. Runs before the first paint.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  if (!root.hasAttribute("data-theme-auto")) return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  follow();
  dark.addEventListener("change", follow);
})();
