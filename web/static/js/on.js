// Listening once on the document, so that what htmx swaps in later needs no wiring.

export function on(type, selector, handle) {
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) handle(found, event);
  });
}

// Runs now and after every swap, with the part of the page that is new.
export function onContent(handle) {
  handle(document);
  document.addEventListener("htmx:after:swap", () => handle(document));
}
