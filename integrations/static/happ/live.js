// Elements with data-live (milliseconds) and hx-get are fetched again and again while the page is visible. An unchanged
// one answers 304 and is left alone, and nothing is changed under an open menu.
const timers = new WeakMap();
const said = new Map();

function later(element) {
  clearTimeout(timers.get(element));
  if (element.dataset.over) return;
  timers.set(element, setTimeout(() => refresh(element), Number(element.dataset.live)));
}

function busy(element) {
  return document.hidden || element.dataset.paused || element.querySelector("[aria-expanded=true]");
}

function refresh(element) {
  if (!element.isConnected || element.dataset.over) return;
  if (busy(element)) later(element);
  else htmx.trigger(element, "live");
}

// A change of state is said once; data-announce holds it, without the counts and times that change all the time. What
// would sound the same as before has a data-newest to tell it by.
function announce(element) {
  const { id, dataset } = element;
  const state = `${dataset.newest ?? ""} ${dataset.announce}`;
  if (said.has(id) && said.get(id) !== state) {
    document.dispatchEvent(new CustomEvent("announce", { detail: dataset.announce }));
  }
  said.set(id, state);
}

function start() {
  document.querySelectorAll("[data-live]").forEach((element) => timers.has(element) || later(element));
  document.querySelectorAll("[data-announce]").forEach(announce);
}

// While it cannot be fetched, the page says so: what it shows may no longer be true.
function stale(element, is) {
  if (is) element.dataset.stale = "true";
  else delete element.dataset.stale;
  const note = document.getElementById("stale");
  if (note) note.hidden = !document.querySelector("[data-stale]");
  if (!is && element.dataset.signedOut) document.getElementById("messages").replaceChildren();
  if (!is) delete element.dataset.signedOut;
}

// What is gone, or not for this person any more, does not come back: it is said, and no longer asked for.
const ENDS = { 403: "forbidden", 404: "gone" };

function end(element, status) {
  stale(element, false);
  element.dataset.over = "true";
  document.getElementById("messages").innerHTML = document.getElementById(ENDS[status]).innerHTML;
}

document.addEventListener("htmx:configRequest", (event) => {
  const { live, etag } = event.detail.elt.dataset;
  if (live && etag) event.detail.headers["If-None-Match"] = etag;
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  if (!elt.dataset.live) return;
  if (xhr.status === 200 || xhr.status === 304) return stale(elt, false);
  event.preventDefault();
  if (xhr.status in ENDS) return end(elt, xhr.status);
  if (xhr.status !== 401) return stale(elt, true);
  if (!elt.dataset.signedOut) document.getElementById("messages").innerHTML = xhr.responseText;
  elt.dataset.signedOut = "true";
});
document.addEventListener("htmx:sendError", (event) => event.detail.elt.dataset.live && stale(event.detail.elt, true));
// What somebody has unfolded stays so, and where it was scrolled to.
const kept = new Map();

function keep(element) {
  const unfolded = [...element.querySelectorAll("details[open][id]")].map(({ id }) => id);
  const scrolled = [...element.querySelectorAll("[tabindex][id]")].filter(({ scrollTop }) => scrollTop);
  kept.set(element.id, { unfolded, scrolled: scrolled.map(({ id, scrollTop }) => [id, scrollTop]) });
}

function restore({ unfolded, scrolled }) {
  unfolded.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  scrolled.forEach(([id, top]) => document.getElementById(id)?.scrollTo({ top }));
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt } = event.detail;
  if (!elt.dataset.live) return;
  if (busy(elt)) event.detail.shouldSwap = false;
  keep(elt);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const element = event.detail.elt;
  if (element.dataset.live && element.isConnected) later(element);
});
document.addEventListener("htmx:load", (event) => {
  start();
  const { id, dataset } = event.detail.elt;
  if (dataset?.live && kept.has(id)) restore(kept.get(id));
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.querySelectorAll("[data-live]").forEach(refresh);
});

// Seconds that passed are counted on here; from a minute on the server's words are fetched.
const began = new WeakMap();
setInterval(() => {
  document.querySelectorAll("time[data-age]").forEach((time) => {
    if (!began.has(time)) began.set(time, performance.now() - 1000 * time.dataset.age);
    const age = Math.floor((performance.now() - began.get(time)) / 1000);
    time.textContent = time.dataset.text.replace("{}", Math.min(age, 59));
  });
}, 1000);
start();
