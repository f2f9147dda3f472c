// The menu button of the ARIA authoring practices: a button with aria-haspopup and the menu that aria-controls names.
function menuOf(button) {
  return document.getElementById(button.getAttribute("aria-controls"));
}

function close(button, back) {
  button.setAttribute("aria-expanded", "false");
  menuOf(button).hidden = true;
  if (back) button.focus();
}

function open(button, last) {
  button.setAttribute("aria-expanded", "true");
  const menu = menuOf(button);
  menu.hidden = false;
  const items = menu.querySelectorAll("[role=menuitem]");
  items[last ? items.length - 1 : 0].focus();
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("button[aria-haspopup=menu]");
  document.querySelectorAll("button[aria-haspopup=menu][aria-expanded=true]").forEach((button) => {
    if (button !== pressed) close(button, false);
  });
  if (pressed) pressed.getAttribute("aria-expanded") === "true" ? close(pressed, true) : open(pressed, false);
});

document.addEventListener("keydown", (event) => {
  const button = event.target.closest("button[aria-haspopup=menu]");
  if (button && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    open(button, event.key === "ArrowUp");
    return;
  }
  const menu = event.target.closest("[role=menu]");
  if (!menu) return;
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(event.target);
  const opener = document.querySelector(`[aria-controls="${menu.id}"]`);
  const goal = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (goal !== undefined) {
    event.preventDefault();
    items.at(goal % items.length).focus();
  } else if (event.key === "Escape") {
    close(opener, true);
  } else if (event.key === "Tab") {
    close(opener, false);
  }
});
