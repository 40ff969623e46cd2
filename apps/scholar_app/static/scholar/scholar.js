// What a page does beyond plain HTML. Every page works without this file.
"use strict";

document.documentElement.classList.add("scripted");

// The drop zone: a dropped file is put into the form's own field, so that the form is sent as always.
for (const zone of document.querySelectorAll(".drop")) {
  const field = zone.querySelector('input[type="file"]');
  const note = zone.querySelector('[role="status"]');

  const judge = () => {
    const file = field.files[0];
    const tooLarge = file && file.size > Number(zone.dataset.maxBytes);
    zone.classList.toggle("refused", Boolean(tooLarge));
    field.setCustomValidity(tooLarge ? zone.dataset.tooLarge : "");
    const size = file ? new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(file.size / 1024) : "";
    note.textContent = !file ? "" : tooLarge ? zone.dataset.tooLarge : `${file.name} (${size} kB)`;
  };
  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    zone.classList.add("over");
  };

  zone.addEventListener("dragenter", over);
  zone.addEventListener("dragover", over);
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files.length > 1) {
      note.textContent = zone.dataset.several;
    } else if (event.dataTransfer.files.length === 1) {
      field.files = event.dataTransfer.files;
      judge();
      field.focus();
    }
  });
  field.addEventListener("change", judge);
  if (field.files.length) judge(); // the browser kept the choice over a reload
}

// A file dropped beside the zone must not replace the page.
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    if (event.target.closest?.(".drop, input, textarea")) return;
    if ([...event.dataTransfer.types].includes("Files")) {
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    }
  });
}

// A second click on the same button would be a second upload; coming back to the page makes it usable again.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button) setTimeout(() => { button.disabled = true; });
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
});

// Times are written in UTC; show them by the reader's clock.
const localTimes = (root) => {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) {
      time.textContent = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(moment);
    }
  }
};
localTimes(document);
document.addEventListener("htmx:load", (event) => localTimes(event.detail.elt));

// The job was deleted, or the session ended, in another tab: show what the server says now.
document.addEventListener("htmx:responseError", (event) => {
  if ([403, 404].includes(event.detail.xhr.status)) location.reload();
});
