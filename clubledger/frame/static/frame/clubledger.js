// What the pages can do beyond plain HTML. Every page works without it: it only saves a step or a look.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const written = new Intl.NumberFormat(root.lang || "en-AU", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const counted = new Intl.NumberFormat(root.lang || "en-AU");

  // The selection of journals: how many, worth what, and which button comes next.
  const selection = document.querySelector("form[data-selection]");
  if (selection) {
    const everything = selection.querySelector("[data-select-all]");
    const boxes = [...selection.querySelectorAll("input[name=journal]:not([disabled])")];
    const say = () => {
      const ticked = boxes.filter((box) => box.checked);
      const whole = everything && everything.checked;
      const count = whole ? Number(everything.dataset.count) : ticked.length;
      const minor = whole
        ? Number(everything.dataset.minor)
        : ticked.reduce((sum, box) => sum + Number(box.dataset.minor), 0);
      const states = whole ? everything.dataset.states.split(" ") : ticked.map((box) => box.dataset.state);
      const amount = written.format(minor / 100);
      const words = selection.querySelector("[data-said]");
      if (words) {
        const text = count === 1 ? words.dataset.one : words.dataset.many;
        words.textContent = count
          ? text.replace("%count", counted.format(count)).replace("%amount", amount)
          : words.dataset.none;
      }
      for (const [name, value] of [["said_count", count], ["said_minor", minor]]) {
        const field = selection.querySelector(`input[name=${name}]`);
        if (field) field.value = value;
      }
      for (const button of selection.querySelectorAll("[data-needs]")) {
        const needs = button.dataset.needs.split(" ");
        const fits = count > 0 && states.every((state) => needs.includes(state));
        button.hidden = !fits && button.hasAttribute("data-hides");
        button.disabled = !fits;
      }
      for (const box of boxes) box.closest("tr").classList.toggle("ticked-row", box.checked);
    };
    selection.addEventListener("change", (event) => {
      if (event.target === everything) {
        for (const box of boxes) box.checked = everything.checked;
      } else if (event.target.name === "journal" && everything) {
        everything.checked = false;
      }
      say();
    });
    // A range of rows with Shift, as in any list.
    let last = null;
    selection.addEventListener("click", (event) => {
      const at = boxes.indexOf(event.target);
      if (at < 0) return;
      if (event.shiftKey && last !== null) {
        for (const box of boxes.slice(Math.min(at, last), Math.max(at, last) + 1)) box.checked = event.target.checked;
        say();
      }
      last = at;
    });
    say();
  }

  // Long work: asks how far it is, and stops asking when it is over.
  // The page is fetched anew then; what it had just said is said once more, or nobody would have read it.
  const startAgain = () => {
    const notices = [...document.querySelectorAll("main > .notice[role=status]")];
    sessionStorage.setItem("notices", notices.map((one) => one.outerHTML).join(""));
    window.location.reload();
  };
  document.querySelector("h1")?.insertAdjacentHTML("beforebegin", sessionStorage.getItem("notices") || "");
  sessionStorage.removeItem("notices");
  const follow = (part) => {
    const again = () => {
      fetch(part.dataset.follow, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" })
        .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status)))))
        .then((html) => {
          part.innerHTML = html;
          if (part.querySelector("[data-over]")) startAgain();
          else window.setTimeout(again, 1000);
        })
        .catch(() => window.setTimeout(again, 5000));
    };
    window.setTimeout(again, 800);
  };
  document.querySelectorAll("[data-follow]").forEach(follow);

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.gone) event.preventDefault();
    form.dataset.gone = "1";
    window.setTimeout(() => delete form.dataset.gone, 8000);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-gone]").forEach((form) => delete form.dataset.gone);
  });

  // Filters answer to a change at once; the button stays for whoever has no script.
  document.querySelectorAll("form[data-auto] select").forEach((field) => {
    field.addEventListener("change", () => field.form.requestSubmit());
  });

  // Mapping grids: "/" goes to the search, Enter in a row saves it, the row says that it was changed.
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    const search = document.querySelector("input[type=search]");
    if (event.key === "/" && !typing && search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
  document.querySelectorAll("form[data-grid]").forEach((grid) => {
    const words = grid.querySelector("[data-changed]");
    const changed = new Set();
    const everyRow = grid.querySelector("[data-tick-all]");
    everyRow?.addEventListener("change", () => {
      for (const box of grid.querySelectorAll("input[name=ticked]")) box.checked = everyRow.checked;
    });
    grid.addEventListener("change", (event) => {
      if (event.target.name === "ticked") return;
      const row = event.target.closest("tr[data-item]");
      if (!row) return;
      changed.add(row.dataset.item);
      row.classList.add("found");
      if (words) {
        const text = changed.size === 1 ? words.dataset.one : words.dataset.many;
        words.textContent = text.replace("%count", counted.format(changed.size));
      }
    });
  });

  document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
  document.querySelectorAll("time[data-ago]").forEach((element) => element.removeAttribute("hidden"));
})();
