// A button that may be pressed after some seconds: it counts them down. Without this it can be pressed at once, and
// the server says how long it still takes.
// <button data-wait="45" data-waiting="Again in %s s">Send another code</button>
import { onContent } from "./on.js";

function wait(button) {
  const until = Date.now() + Number(button.dataset.wait) * 1000;
  const text = button.textContent;
  delete button.dataset.wait;

  function show() {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? button.dataset.waiting.replace("%s", seconds) : text;
    if (seconds > 0) setTimeout(show, 250);
  }

  show();
}

onContent((part) => part.querySelectorAll("button[data-wait]").forEach(wait));
