"use strict";
(() => {
  const form = document.getElementById("filters");
  const status = document.getElementById("shown");
  const rows = [...document.querySelectorAll("li[data-outcome]")];
  const parts = [...document.querySelectorAll("[data-about]")];
  const groups = [...document.querySelectorAll("[data-group]")];
  const folded = groups.filter((one) => one.tagName === "DETAILS");
  const before = new Map(folded.map((one) => [one, one.open]));
  const names = ["chapter", "level", "outcome"];
  const messageOf = (row) => row.closest("[data-about]")?.querySelector("[data-message]");
  const textOf = (row) => `${row.textContent} ${messageOf(row)?.textContent ?? ""}`.toLowerCase();
  let active = false;
  const show = () => {
    const wanted = new FormData(form);
    const words = String(wanted.get("text") || "").toLowerCase();
    const filtered = Boolean(words) || names.some((name) => wanted.get(name));
    let count = 0;
    for (const row of rows) {
      const fits = names.every((name) => !wanted.get(name) || row.dataset[name] === wanted.get(name))
        && (!words || textOf(row).includes(words));
      row.hidden = !fits;
      count += fits;
    }
    for (const one of [...parts, ...groups]) {
      one.hidden = !one.querySelector("li[data-outcome]:not([hidden])");
    }
    // What a filter finds is unfolded, and folded again when the filter is gone.
    for (const one of folded) {
      if (filtered) one.open = !one.hidden;
      else if (active) one.open = before.get(one);
    }
    active = filtered;
    status.textContent = `${count} of ${rows.length} results shown`;
  };
  // A link to a cause unfolds it.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", unfold);
  form.hidden = false;
  show();
  unfold();
})();
