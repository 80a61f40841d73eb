// Adds sorting and filters to the tables of the ledger and the search (with DataTables, in tables.js), copies
// the link or the citation of a row, and keeps the filters in the address: ledger.html?study=...&verdict=fails#cnn_vs_gru-claim-...
"use strict";

const LINES = 50;
const root = document.documentElement;

// Until the table is there, the style sheet hides all lines but the first: thousands take a minute to lay out.
root.dataset.loading = "yes";
document.addEventListener("DOMContentLoaded", () => {
  try {
    start(tables);
  } finally {
    delete root.dataset.loading;
  }
});

function start({ jQuery }) {
  const form = document.getElementById("filters");
  const fields = [...form.elements].filter((field) => field.name);
  const table = jQuery("#lines").DataTable({
    autoWidth: false,
    layout: { topStart: "info", topEnd: null, bottomStart: "pageLength", bottomEnd: "paging" },
    lengthMenu: [LINES, 200, { label: "all", value: -1 }],
    order: [],
    pageLength: LINES,
  });

  // For each line, what it can be found by, and which of its columns say something.
  const lines = table.rows({ order: "index" }).nodes().toArray();
  const isText = (cell) => !["", "–"].includes(cell.textContent.trim());
  const filled = lines.map((line) => [...line.cells].map(isText));
  const facts = lines.map(({ dataset }) => Object.fromEntries(Object.entries(dataset).map(([name, words]) => [name, words.split(" ")])));

  // Columns that are empty in all lines that are found are not shown.
  function trim() {
    const found = table.rows({ search: "applied" }).indexes().toArray();
    const header = table.table().header().rows[0];
    const isEmpty = [...header.cells].map((_, column) => column > 0 && found.length && !found.some((line) => filled[line][column]));
    for (const line of [header, ...table.rows({ page: "current" }).nodes().toArray()]) {
      [...line.cells].forEach((cell, column) => { cell.hidden = isEmpty[column]; });
    }
  }

  function filter() {
    const { q, vacuous, ...others } = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    const asked = Object.entries(others).filter(([, value]) => value);
    const hides = vacuous === "";
    table.search.fixed("filters", (_, __, i) => !(hides && facts[i].vacuous) && asked.every(([name, value]) => facts[i][name]?.includes(value)));
    table.search(q).draw();
  }

  function remember() {
    const query = new URLSearchParams(fields.filter((f) => f.value).map((f) => [f.name, f.value]));
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
  }

  function recall() {
    const query = new URLSearchParams(location.search);
    for (const field of fields) {
      const value = query.get(field.name) ?? "";
      field.value = value;
      // A value that no line has becomes an option, so that the filter shows it and finds nothing.
      if (field.value !== value) field.add(new Option(value, value, true, true));
    }
    filter();
  }

  // Shows the line that the address names, on whichever page of the table it is.
  function show() {
    const id = decodeURIComponent(location.hash.slice(1));
    const index = id && table.row((_, __, node) => node.id === id).index();
    if (index === undefined || index === "") return;
    let place = table.rows({ search: "applied", order: "applied" }).indexes().indexOf(index);
    if (place < 0) {
      form.reset();
      if ("vacuous" in table.row(index).node().dataset) {
        form.elements.vacuous.value = "shown";
        filter();
        remember();
      }
      place = table.rows({ search: "applied", order: "applied" }).indexes().indexOf(index);
    }
    const length = table.page.len();
    table.page(length > 0 ? Math.floor(place / length) : 0).draw("page");
    const line = table.row(index).node();
    document.querySelector("tr.asked")?.classList.remove("asked");
    line.classList.add("asked");
    line.querySelector("details")?.setAttribute("open", "");
    line.scrollIntoView({ block: "center" });
  }

  async function copy(button) {
    const line = button.closest("tr");
    const link = `${location.href.split(/[?#]/)[0]}#${line.id}`;
    const isLink = button.dataset.copy === "link";
    const text = isLink ? link : `${line.querySelector(".citation").textContent} ${link}`;
    const told = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Could not copy";
    }
    setTimeout(() => { button.textContent = told; }, 2000);
  }

  document.getElementById("lines").addEventListener("click", ({ target }) => {
    if (target.matches("button[data-copy]")) copy(target);
  });
  form.addEventListener("input", () => { filter(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    for (const field of fields) field.value = "";
    filter();
    remember();
  });
  window.addEventListener("hashchange", show);
  table.on("draw", trim);
  recall();
  form.hidden = false;
  show();
  root.dataset.ready = "yes";
}
