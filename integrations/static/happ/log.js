// The button that holds what is live still, and lets it run again; what it does next stands on it.
const button = document.getElementById("pause");

if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const parts = [...document.querySelectorAll("[data-live]")];
    const paused = parts.some((part) => part.dataset.paused);
    parts.forEach((part) => {
      if (paused) delete part.dataset.paused;
      else part.dataset.paused = "true";
    });
    const label = button.textContent;
    button.textContent = button.dataset.other;
    button.dataset.other = label;
  });
}
