// What screen readers say: the event "announce" carries the words. The same words again are another text, or they would
// not be said.
document.addEventListener("announce", ({ detail }) => {
  const announcer = document.getElementById("announcer");
  announcer.textContent = announcer.textContent === detail ? `${detail}\u00a0` : detail;
});
