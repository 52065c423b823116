// The bell of the header, kept up to date while somebody looks at the page. It begins late and rests in the background,
// so that many open tabs hold few connections.
const LATER = 2500;
let source = null;

function show(text) {
  const place = document.getElementById("bell");
  const part = new DOMParser().parseFromString(text, "text/html").getElementById("bell");
  if (!place || !part || place.outerHTML === part.outerHTML) return;
  const focused = document.activeElement === place;
  place.replaceWith(part);
  if (focused) part.focus();
}

function follow() {
  const place = document.querySelector("[data-bell]");
  if (!place || source || document.hidden || !window.EventSource) return;
  source = new EventSource(place.dataset.bell);
  source.addEventListener("progress", (event) => show(event.data));
}

function rest() {
  source?.close();
  source = null;
}

setTimeout(follow, LATER);
document.addEventListener("visibilitychange", () => (document.hidden ? rest() : setTimeout(follow, LATER)));
addEventListener("pagehide", rest);
