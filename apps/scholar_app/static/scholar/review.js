// Deciding faster than the server answers: htmx forgets which button a queued submission came from, so the buttons
// queue here, by what they say. Whoever is gone from the page by then has been answered already.
"use strict";

const waiting = [];
let busy = false;

document.addEventListener("submit", (event) => {
  if (event.target.id !== "review" || !busy) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  waiting.push(event.submitter.value);
}, true);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "review") busy = true;
});

// The form itself may have been replaced by its answer, so this is told to the whole page.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig.elt.id !== "review") return;
  setTimeout(() => {
    busy = false;
    while (!busy && waiting.length) {
      const says = waiting.shift();
      [...document.querySelectorAll("button[name=do]")].find((button) => button.value === says)?.click();
    }
  });
});
