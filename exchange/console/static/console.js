// Counts a one-time code down and watches for its next state. Everything here also works by reloading the page.
"use strict";

for (const timer of document.querySelectorAll("[data-expires]")) {
  // The server's clock counts, not the phone's: only the time since this page arrived is measured here.
  const left = (Date.parse(timer.dataset.expires) - Date.parse(timer.dataset.now)) / 1000;
  const began = performance.now();
  const tick = () => {
    const now = Math.max(0, Math.ceil(left - (performance.now() - began) / 1000));
    timer.textContent = String(now);
    if (now > 0) setTimeout(tick, 250);
    else setTimeout(() => location.reload(), 800);
  };
  if (left > 0) tick();
}

const waiting = document.querySelector("[data-poll]");
if (waiting) {
  const ask = async () => {
    try {
      const answer = await fetch(waiting.dataset.poll, { headers: { Accept: "application/json" } });
      if (answer.ok && (await answer.json()).state !== waiting.dataset.state) {
        location.reload();
        return;
      }
    } catch {
      // Offline for a moment: ask again.
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 1000);
}
