// The progress of a task, sent by the server while it goes on; at its end the page is shown anew, with the results.
import { onContent } from "./on.js";

function follow(place) {
  if (place.dataset.followed || !window.EventSource) return;
  place.dataset.followed = "yes";
  const source = new EventSource(place.dataset.progress);
  source.addEventListener("progress", (event) => {
    const focused = place.contains(document.activeElement) && document.activeElement.className;
    place.innerHTML = event.data;
    if (focused) place.getElementsByClassName(focused)[0]?.focus();
  });
  source.addEventListener("end", () => {
    source.close();
    location.reload();
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}

onContent((root) => root.querySelectorAll("[data-progress]").forEach(follow));
