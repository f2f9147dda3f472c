// Hints about the URL while it is typed, without network: each carries the pattern that it is for.
function look(field) {
  field.form.querySelectorAll("[data-pattern]").forEach((hint) => {
    hint.hidden = !new RegExp(hint.dataset.pattern, "i").test(field.value.trim());
  });
}
document.addEventListener("input", (event) => {
  if (event.target.id === "url" && event.target.form) look(event.target);
});
