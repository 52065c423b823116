// Where tabs do not all fit, the open one is in view.
import { onContent } from "./on.js";

onContent((part) => part.querySelectorAll(".tabs [aria-current]").forEach((tab) => {
  const list = tab.closest(".tabs");
  list.scrollLeft = Math.max(0, tab.offsetLeft - list.offsetLeft - (list.clientWidth - tab.offsetWidth) / 2);
}));
