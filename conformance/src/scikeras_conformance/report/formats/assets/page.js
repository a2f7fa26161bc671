"use strict";
(() => {
  const form = document.getElementById("filters");
  const status = document.getElementById("shown");
  const rows = [...document.querySelectorAll("li[data-outcome]")];
  const names = ["chapter", "level", "outcome"];
  const show = () => {
    const wanted = new FormData(form);
    const words = String(wanted.get("text") || "").toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits = names.every((name) => !wanted.get(name) || row.dataset[name] === wanted.get(name))
        && (!words || row.textContent.toLowerCase().includes(words));
      row.hidden = !fits;
      count += fits;
    }
    for (const section of document.querySelectorAll("section[data-chapter]")) {
      section.hidden = !section.querySelector("li[data-outcome]:not([hidden])");
    }
    status.textContent = `${count} of ${rows.length} results shown`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
})();
