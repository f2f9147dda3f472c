// The button that holds the live rows still, and lets them run again; what it does next stands on it.
const button = document.getElementById("pause");
const live = () => document.getElementById(button.dataset.pauses);

if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const label = button.textContent;
    const rows = live();
    if (rows.dataset.paused) delete rows.dataset.paused;
    else rows.dataset.paused = "true";
    button.textContent = button.dataset.other;
    button.dataset.other = label;
  });
}
