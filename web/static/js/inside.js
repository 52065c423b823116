// How long a visit inside a client's account still lasts, counted down in whole minutes.
// <span data-minutes-until="2026-11-24T18:00:00+00:00" data-one="1 minute left" data-many="%s minutes left">

function count() {
  document.querySelectorAll("[data-minutes-until]").forEach((shown) => {
    const minutes = Math.max(0, Math.ceil((Date.parse(shown.dataset.minutesUntil) - Date.now()) / 60000));
    const text = minutes === 1 ? shown.dataset.one : shown.dataset.many.replace("%s", minutes);
    if (shown.textContent !== text) shown.textContent = text;
  });
}

setInterval(count, 15000);
