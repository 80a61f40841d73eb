// Sorts the tables of chapters by a column, with the pointer and with the keyboard. Without it, they are plain.
"use strict";

(() => {
  const UNITS = { d: 86400, h: 3600, min: 60, s: 1, ms: 0.001 };
  const FIRST = /^[^\d\p{L}]*?([-+−]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[-+−]?\d+)?)\s*(million|%|[a-z]*)/iu;

  // A number as a reader sees it: "45.7 million", "−0.3", "91.2%", "4 min 12 s".
  function number(text) {
    const found = FIRST.exec(text);
    if (!found) return NaN;
    const plain = (word) => Number(word.replaceAll(",", "").replaceAll("−", "-"));
    if (found[2] in UNITS) {
      return [...text.matchAll(/([\d.]+)\s*([a-z]+)/g)].reduce((sum, [, n, unit]) => sum + n * (UNITS[unit] ?? 0), 0);
    }
    return plain(found[1]) * (found[2] === "million" ? 1e6 : 1);
  }

  const cell = (row, place) => row.cells[place].textContent.trim();
  // A row of totals stays the last.
  const isTotal = (row) => row.cells[0].textContent === row.cells[0].querySelector("strong")?.textContent;

  function order(rows, place) {
    const told = rows.map((row) => cell(row, place)).filter((text) => text && text !== "–");
    const areNumbers = told.every((text) => !Number.isNaN(number(text)));
    return (a, b) => {
      const [x, y] = [cell(a, place), cell(b, place)];
      if (!areNumbers) return x.localeCompare(y);
      const [m, n] = [number(x), number(y)];
      // What has no number comes last.
      return Number.isNaN(m) || Number.isNaN(n) ? Number.isNaN(m) - Number.isNaN(n) : m - n;
    };
  }

  function sort(table, head) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const sign = head.ariaSort === "ascending" ? -1 : 1;
    const [last, others] = [rows.filter(isTotal), rows.filter((row) => !isTotal(row))];
    const compared = order(others, head.cellIndex);
    body.append(...others.sort((a, b) => sign * compared(a, b)), ...last);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.ariaSort = sign > 0 ? "ascending" : "descending";
  }

  for (const table of document.querySelectorAll("main table")) {
    const heads = table.tHead?.rows[0]?.cells;
    const rows = [...(table.tBodies[0]?.rows ?? [])];
    if (!heads || rows.length < 3 || rows.some((row) => row.cells.length !== heads.length)) continue;
    for (const head of heads) {
      if (!head.textContent.trim() || !rows.some((row) => cell(row, head.cellIndex))) continue;
      const button = document.createElement("button");
      button.append(...head.childNodes);
      button.className = "sort";
      button.addEventListener("click", () => sort(table, head));
      head.append(button);
    }
  }
  document.documentElement.dataset.ready = "yes";
})();
