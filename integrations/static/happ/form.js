// A form is sent once: its button shows that it works until the answer is here.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button) return;
  if (button.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  button.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-busy", "true");
  if (!button.dataset.busy) return;
  button.dataset.label = button.textContent;
  button.textContent = button.dataset.busy;
  document.dispatchEvent(new CustomEvent("announce", { detail: button.dataset.busy }));
}, true);

function ready(button) {
  button.removeAttribute("aria-disabled");
  button.removeAttribute("aria-busy");
  if (button.dataset.label) button.textContent = button.dataset.label;
}

// Only the form's own answer counts: the page behind it goes on refreshing itself.
document.addEventListener("htmx:afterRequest", (event) => {
  const sent = event.detail.elt;
  document.querySelectorAll("button[aria-busy=true]").forEach((button) => {
    if (button === sent || button.form === sent) ready(button);
  });
});

// Back to a page that was left while its form was on the way.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("button[aria-busy=true]").forEach(ready);
});

// A page that was open over a sign-in carries an old token; the cookie has the one that holds now.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/);
  if (!token) return;
  const { headers, parameters } = event.detail;
  headers["X-CSRFToken"] = token[1];
  // Django reads the field first. `in` does not see it: the parameters are a proxy of FormData.
  if (parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = token[1];
});

// What is no answer to the form must not take its place: nothing that was entered is lost.
function notice(html) {
  const place = document.querySelector("#dialog[open] #notice") ?? document.getElementById("messages");
  place.innerHTML = html;
  place.scrollIntoView({ block: "nearest" });
}

// Each has its words in a template of the page.
const REFUSALS = { 403: "forbidden", 404: "gone" };

function failed(status) {
  notice(document.getElementById(REFUSALS[status] ?? "failed").innerHTML);
}

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  if (elt.dataset.live) return;
  if (xhr.status === 401) notice(xhr.responseText);
  else if (xhr.status in REFUSALS || xhr.status >= 500) failed(xhr.status);
  else return;
  event.preventDefault();
});
document.addEventListener("htmx:sendError", (event) => event.detail.elt.dataset.live || failed());

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("button[data-shows]");
  if (toggle) {
    const field = document.getElementById(toggle.dataset.shows);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    toggle.setAttribute("aria-pressed", String(!shown));
  }
  const wrong = event.target.closest("[role=alert] a[href^='#']");
  if (wrong) {
    event.preventDefault();
    document.getElementById(wrong.hash.slice(1))?.focus();
  }
});
