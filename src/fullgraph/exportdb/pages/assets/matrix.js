// The table of all cases: hides the rows that do not fit what is asked for, and keeps the question in the address.
// No library, no network; without this script the table shows every case.
"use strict";

(function () {
  const matrix = document.getElementById("matrix");
  if (!matrix) return;

  const form = matrix.querySelector(".matrix-controls");
  const search = form.elements.q;
  const rows = Array.from(matrix.querySelectorAll("tbody tr"));
  const count = matrix.querySelector(".matrix-count");
  const none = matrix.querySelector(".matrix-none");
  const table = matrix.querySelector("table");

  /** What is asked for, by the names of the controls; what is not asked for is left out. */
  function question() {
    const asked = {};
    for (const [name, value] of new FormData(form)) {
      if (value.trim()) asked[name] = value.trim();
    }
    return asked;
  }

  function fits(row, asked, words) {
    const data = row.dataset;
    return Object.entries(asked).every(([name, value]) => {
      if (name === "q") return words.every((word) => data.words.includes(word));
      if (name === "tag") return data.tags.split(" ").includes(value);
      return data[name] === value;
    });
  }

  function show() {
    const asked = question();
    const words = (asked.q || "").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !fits(row, asked, words);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = shown === rows.length ? `${shown} cases` : `${shown} of ${rows.length} cases`;
    none.hidden = shown > 0;
    table.hidden = shown === 0;
    remember(asked);
  }

  /** Keeps the question behind the `#` of the address: it can be sent to others, and "back" returns to it. */
  function remember(asked) {
    const text = new URLSearchParams(asked).toString();
    const address = location.href.split("#")[0] + (text ? "#" + text : "");
    if (address !== location.href) history.replaceState(null, "", address);
  }

  function recall() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const control of form.elements) {
      if (control.name) control.value = asked.get(control.name) || "";
    }
    show();
  }

  function clear() {
    for (const control of form.elements) {
      if (control.name) control.value = "";
    }
    show();
    search.focus();
  }

  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of matrix.querySelectorAll(".matrix-reset")) button.addEventListener("click", clear);
  window.addEventListener("hashchange", recall);
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|select|textarea)$/i.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    }
  });
  recall();
})();
