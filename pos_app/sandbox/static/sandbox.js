// Keeps the page live: asks for its changing part again and puts it in place. Without scripts the page reloads itself.
"use strict";
const PAUSE = 700; // milliseconds between two looks
const live = document.getElementById("live");

async function look() {
  try {
    const answer = await fetch(live.dataset.source, { cache: "no-store" });
    if (answer.ok) {
      const fresh = await answer.text();
      if (fresh !== look.shown) {
        live.innerHTML = fresh; // our own server's markup, every text in it escaped there
        look.shown = fresh;
      }
    }
    live.classList.toggle("stale", !answer.ok);
  } catch {
    live.classList.add("stale"); // the sandbox is gone: what is shown is old
  }
  setTimeout(look, PAUSE);
}

if (live) {
  look();
}
