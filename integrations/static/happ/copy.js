// Buttons with data-copy put the text of the element with that id on the clipboard and say so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    // Not allowed, or no https: what is to be copied is selected instead.
    source.hidden = false;
    getSelection().selectAllChildren(source);
    return;
  }
  document.dispatchEvent(new CustomEvent("announce", { detail: button.dataset.copied }));
  button.dataset.done = "true";
  setTimeout(() => delete button.dataset.done, 2000);
});
