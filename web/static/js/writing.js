// A ticket while it is open: who else is writing is shown as the server tells it, and what is being written is kept.
import { onContent } from "./on.js";

const EVERY = 4000;

function follow(place) {
  if (place.dataset.followed || !window.EventSource) return;
  place.dataset.followed = "yes";
  const source = new EventSource(place.dataset.live);
  source.addEventListener("progress", (event) => { place.innerHTML = event.data; });
  source.addEventListener("end", () => source.close());
  addEventListener("pagehide", () => source.close(), { once: true });
}

function keep(field) {
  if (field.dataset.followed) return;
  field.dataset.followed = "yes";
  let waiting;
  const send = () => {
    waiting = undefined;
    const body = new URLSearchParams({ _csrf: field.form.elements._csrf.value, text: field.value });
    fetch(field.dataset.writing, { method: "POST", body, credentials: "same-origin" }).catch(() => {});
  };
  field.addEventListener("input", () => { waiting ??= setTimeout(send, EVERY); });
  field.form.addEventListener("submit", () => clearTimeout(waiting));
}

onContent((root) => {
  root.querySelectorAll("[data-live]").forEach(follow);
  root.querySelectorAll("[data-writing]").forEach(keep);
});
