// Keeps a page up to date: parts marked data-refresh are fetched again, a log marked data-log is followed.
"use strict";

const MOST_LINES = 5000;
const POLL_MS = 1000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function shown() {
  while (document.hidden) await sleep(POLL_MS);
}

// A part that a person is selecting text in, or has the focus in, is left alone.
function inUse(part) {
  const selection = getSelection();
  const selecting = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return selecting || (part.contains(document.activeElement) && document.activeElement.matches("a, input, button"));
}

async function refresh() {
  for (;;) {
    const seconds = [...document.querySelectorAll("[data-refresh]")].map((part) => Number(part.dataset.refresh));
    if (!seconds.length) return;
    await sleep(Math.min(...seconds) * 1000);
    await shown();
    try {
      const reply = await fetch(location.href);
      if (!reply.ok) continue;
      const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
      for (const part of document.querySelectorAll("[data-refresh]")) {
        const next = fresh.getElementById(part.id);
        if (!next || inUse(part) || next.innerHTML === part.innerHTML) continue;
        if (next.dataset.refresh) part.innerHTML = next.innerHTML;
        else part.replaceWith(next);
      }
    } catch {
      // The emulator was stopped or is busy; the next turn tells.
    }
  }
}

function lineElement(line) {
  const row = document.createElement("div");
  row.className = line.stream === "stderr" ? "stderr" : "stdout";
  const time = document.createElement("time");
  time.textContent = line.time.slice(11, 19);
  time.title = line.time;
  row.append(time, " " + line.text);
  return row;
}

async function lines(log, where) {
  const url = new URL(log.dataset.log, location.href);
  for (const [name, value] of Object.entries(where)) url.searchParams.set(name, value);
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(String(reply.status));
  return reply.json();
}

async function follow(log) {
  const state = document.querySelector("[data-log-state]");
  const wanted = document.querySelector("[data-follow]");
  const toEnd = () => { if (wanted.checked) log.scrollTop = log.scrollHeight; };
  toEnd();
  log.addEventListener("wheel", (event) => { if (event.deltaY < 0) wanted.checked = false; }, { passive: true });
  wanted.addEventListener("change", toEnd);
  while (log.dataset.ended !== "yes") {
    await sleep(POLL_MS);
    await shown();
    try {
      let found;
      do {
        found = await lines(log, { after: log.dataset.next });
        log.append(...found.lines.map(lineElement));
        while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
        const moved = String(found.next) !== log.dataset.next;
        log.dataset.next = found.next;
        if (found.lines.length) toEnd();
        if (!moved) break;
      } while (!found.ended);
      log.dataset.ended = found.ended ? "yes" : "no";
      state.textContent = log.childElementCount ? "" : "no line yet";
    } catch {
      state.textContent = "no answer from the emulator; trying again";
    }
  }
  if (!log.childElementCount) state.textContent = "it wrote nothing";
}

function offerEarlier(log) {
  const button = document.querySelector("[data-earlier]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const found = await lines(log, { before: log.dataset.first });
    const below = log.scrollHeight - log.scrollTop;
    document.querySelector("[data-follow]").checked = false;
    log.prepend(...found.lines.map(lineElement));
    log.scrollTop = log.scrollHeight - below;
    button.hidden = found.first >= Number(log.dataset.first) || found.first === 0;
    log.dataset.first = found.first;
  });
}

const log = document.querySelector("[data-log]");
if (log) {
  offerEarlier(log);
  follow(log);
}
refresh();
