// Quick Find: hides the menu entries that do not hold what is typed. Without this script the box
// is a plain form, and the server filters.
"use strict";
const box = document.getElementById("quick-find");
if (box) {
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    for (const group of document.querySelectorAll(".menu-group")) {
      let shown = 0;
      for (const entry of group.querySelectorAll("li")) {
        entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
        shown += entry.hidden ? 0 : 1;
      }
      group.hidden = shown === 0;
    }
  });
}
