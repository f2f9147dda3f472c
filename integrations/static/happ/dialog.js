// What opens with data-dialog, a link or the button of a form, opens its page in the dialog; without scripts they lead
// to the page itself.
const dialog = document.getElementById("dialog");
let opener;

document.addEventListener("click", (event) => {
  const opening = event.target.closest("[data-dialog]");
  if (opening && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    opener = comesBackTo(opening);
    htmx.ajax("GET", opening.href ?? opening.form.action, { source: dialog, target: dialog, swap: "innerHTML" });
  }
  if (event.target.closest("[data-close]") && dialog.open) {
    event.preventDefault();
    if (!isOnItsWay()) dialog.close();
  }
});

// What was sent is done whether or not its answer is waited for, so the dialog stays until the answer is here.
function isOnItsWay() {
  return dialog.querySelector("[aria-busy=true]") !== null;
}

function stay(event) {
  if (isOnItsWay()) event.preventDefault();
}

dialog.addEventListener("cancel", stay);
// Browsers do not ask before the second Esc in a row.
dialog.addEventListener("keydown", (event) => event.key === "Escape" && stay(event));

// Focus returns by id, because a live part may have been fetched anew meanwhile; from a menu to its button.
function comesBackTo(element) {
  const menu = element.closest("[role=menu]");
  return menu ? document.querySelector(`[aria-controls="${menu.id}"]`) : element;
}

document.addEventListener("htmx:afterSwap", (event) => {
  const swapped = event.detail.target;
  if (swapped !== dialog && !event.target.closest?.("[data-fragment]")) return;
  if (swapped === dialog && !dialog.open) dialog.showModal();
  const within = dialog.open ? dialog : document;
  const first = within.querySelector("[role=alert][tabindex], [autofocus], input:not([type=hidden])");
  if (first) first.focus();
});

// A page of its own, sent without a dialog: what went wrong comes first here too.
document.querySelector("main [role=alert][tabindex]")?.focus();

// What was entered, a password above all, does not stay in the page.
dialog.addEventListener("close", () => {
  dialog.replaceChildren();
  const back = opener?.isConnected ? opener : document.getElementById(opener?.id);
  back?.focus();
});
