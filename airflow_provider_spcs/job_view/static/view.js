// Fetches the part marked data-refresh again while the job lives, and submits a form when a choice is made.
"use strict";

// Airflow keeps its colour theme here; this page is shown inside of it.
const theme = localStorage.getItem("theme");
if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;

for (const choice of document.querySelectorAll("[data-submit]")) {
  choice.addEventListener("change", () => choice.form.submit());
}

const toEnd = () => {
  const log = document.querySelector(".log");
  if (log) log.scrollTop = log.scrollHeight;
};

const atEnd = () => {
  const log = document.querySelector(".log");
  return !log || log.scrollHeight - log.scrollTop - log.clientHeight < 40;
};

function later() {
  const part = document.querySelector("[data-refresh]");
  if (part) setTimeout(again, Number(part.dataset.refresh) * 1000);
}

async function again() {
  const part = document.querySelector("[data-refresh]");
  const selection = getSelection();
  if (document.hidden || (selection && !selection.isCollapsed)) return later();
  try {
    const reply = await fetch(location.href);
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById(part.id);
    if (reply.ok && fresh && fresh.innerHTML !== part.innerHTML) {
      const end = atEnd();
      const before = document.querySelector(".log")?.scrollTop;
      part.replaceWith(fresh);
      if (end) toEnd();
      else document.querySelector(".log").scrollTop = before;
    }
  } catch {
    // The server is away or busy; the next turn tells.
  }
  later();
}

toEnd();
later();
