// What a page does beyond plain HTML. Every page works without this file.
"use strict";

document.documentElement.classList.add("scripted");

// What is in the chosen file, asked of the server at once; the file goes there and back, and nothing is kept.
function looking(form, field, note) {
  const place = form.querySelector(".look");
  const shown = [200, 422, 429];
  let current = new AbortController();
  return async (worthIt) => {
    current.abort();
    current = new AbortController();
    const { signal } = current;
    place.textContent = field.files.length && worthIt ? place.dataset.looking : "";
    if (!place.textContent) return;
    try {
      const headers = { "HX-Request": "true" };
      const answer = await fetch(form.dataset.look, { method: "POST", body: new FormData(form), headers, signal });
      const part = await answer.text();
      if (signal.aborted) return;
      if (shown.includes(answer.status)) place.innerHTML = part;
      else place.textContent = place.dataset.failed;
      // Announced in a word: nobody wants to be read all of it.
      if (answer.ok) note.textContent = `${note.dataset.said}. ${place.dataset.shown}`;
      if (answer.status === 422) {
        note.textContent = place.textContent.trim();
        place.textContent = "";
        note.closest(".drop").classList.add("refused");
      }
    } catch (error) {
      if (!signal.aborted) place.textContent = place.dataset.failed;
    }
  };
}

// The drop zone: a dropped file is put into the form's own field, so that the form is sent as always.
for (const zone of document.querySelectorAll(".drop")) {
  const field = zone.querySelector('input[type="file"]');
  const note = zone.querySelector('[role="status"]');
  const text = zone.querySelector("textarea");
  const look = looking(zone.closest("form"), field, note);

  const judge = () => {
    const file = field.files[0];
    const tooLarge = file && file.size > Number(zone.dataset.maxBytes);
    zone.classList.toggle("refused", Boolean(tooLarge));
    field.setCustomValidity(tooLarge ? zone.dataset.tooLarge : "");
    const size = file ? new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(file.size / 1024) : "";
    note.textContent = !file ? "" : tooLarge ? zone.dataset.tooLarge : `${file.name} (${size} kB)`;
    note.dataset.said = note.textContent;
    look(!tooLarge);
  };
  const take = (files) => {
    field.files = files;
    judge();
  };

  // Pasted text becomes a file of the same field: it is judged, shown and sent like any other.
  const takeText = () => {
    const transfer = new DataTransfer();
    if (text.value.trim()) transfer.items.add(new File([text.value], "pasted.bib"));
    take(transfer.files);
  };
  text.removeAttribute("name");
  let typing;
  text.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(takeText, 400);
  });
  zone.closest("form").addEventListener("submit", () => {
    clearTimeout(typing);
    if (text.value.trim()) takeText();
  }, { capture: true });
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea")) return;
    if (event.clipboardData.files.length === 1) {
      take(event.clipboardData.files);
    } else if (event.clipboardData.getData("text").includes("@")) {
      text.value = event.clipboardData.getData("text");
      text.closest("details").open = true;
      takeText();
    }
  });
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
      text.value = "";
      take(event.dataTransfer.files);
      field.focus();
    }
  });
  field.addEventListener("change", () => {
    text.value = "";
    judge();
  });
  // The plan depends on who is asked.
  zone.closest("form").addEventListener("change", (event) => {
    if (event.target.name === "sources" && !zone.classList.contains("refused")) look(true);
  });
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
  if (button && !event.target.hasAttribute("hx-post")) setTimeout(() => { button.disabled = true; });
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[disabled]:not([data-noted])")) button.disabled = false;
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

// A word from the browser when the job has ended, for who asked for it: the page loads itself then, and says so.
for (const told of document.querySelectorAll("[data-tell]")) {
  const wish = `tell ${told.dataset.tell}`;
  const button = told.querySelector("button");
  const noted = () => {
    button.textContent = button.dataset.noted;
    button.disabled = true;
  };
  if (told.dataset.ended) {
    if (sessionStorage.getItem(wish)) notify(told.dataset.ended, document.querySelector("h1").textContent);
    sessionStorage.removeItem(wish);
  } else if ("Notification" in globalThis && Notification.permission !== "denied") {
    told.hidden = false;
    if (sessionStorage.getItem(wish)) noted();
    button.addEventListener("click", async () => {
      if ((await Notification.requestPermission()) !== "granted") {
        told.hidden = true;
        return;
      }
      sessionStorage.setItem(wish, "yes");
      noted();
    });
  }
}

function notify(title, body) {
  try {
    new Notification(title, { body });
  } catch (error) {
    // Some phones let only a service worker speak; the title of the tab has said it.
  }
}
