// Watches where the focus goes on a page, for keys.py.
(rows) => {
  // Tab goes on from where the focus is: the row that has it stays.
  const isSpare = (row) => !row.contains(document.activeElement);
  for (const body of document.querySelectorAll("tbody")) {
    for (const row of [...body.rows].slice(rows).filter(isSpare)) row.remove();
  }
  for (const one of document.querySelectorAll("details")) one.open = true;
  const told = (el) => el.outerHTML.replace(/\s+/g, " ").slice(0, 110);
  const actions = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], [contenteditable]";
  const seen = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && el.getClientRects().length > 0 && !el.closest("[inert]");
  // The calendar's days stand for hundreds of stops: those that ask for something are listed below it as links.
  const listed = new Set([...document.querySelectorAll("ul.legend a")].map((el) => el.href));
  const isListed = (el) => el.matches("svg.cal a")
    && (listed.has(el.href.baseVal && new URL(el.href.baseVal, location).href)
      || !el.querySelector(".c-help, .c-unsent"));
  const apart = (el) => el.matches(".spoken[aria-hidden=true]") || el.tagName === "MAIN" || isListed(el);
  const inOneGroup = (a, b) => a.type === "radio" && b.type === "radio" && a.name === b.name && a.form === b.form;
  const wanted = [...document.querySelectorAll(actions)].filter((el) => seen(el) && !el.disabled && !apart(el));
  const complaints = [];
  for (const el of wanted) {
    if (el.tabIndex < 0) complaints.push(`no Tab reaches ${told(el)}`);
    if (el.tabIndex > 0) complaints.push(`has a place of its own in the order: ${told(el)}`);
  }
  const inside = (el) => el.closest("main");
  const stops = [];
  let begun = 0;
  const isSeenAt = (el, left, top) => {
    const at = document.elementFromPoint(left, top);
    return at && (el.contains(at) || at.contains(el) || [...(el.labels || [])].some((label) => label.contains(at)));
  };
  const isOnTop = (el) => [...el.getClientRects()].some((box) => [0.5, 0.1, 0.9].some(
    (x) => [0.5, 0.15, 0.85].some((y) => isSeenAt(el, box.left + box.width * x, box.top + box.height * y))));
  // The ring lies around its element: what cuts its surroundings off cuts the ring off.
  const sidesCut = (el, reach) => {
    const box = el.getBoundingClientRect(), cut = new Set();
    for (let at = el.parentElement; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflow === "visible") continue;
      const frame = at.getBoundingClientRect();
      if (box.top - reach < frame.top) cut.add("top");
      if (box.left - reach < frame.left) cut.add("left");
      if (box.bottom + reach > frame.bottom) cut.add("bottom");
      if (box.right + reach > frame.right) cut.add("right");
    }
    return cut.size;
  };
  const look = (el) => {
    const style = getComputedStyle(el);
    const reach = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth) - 1;
    if (sidesCut(el, reach) > 1) complaints.push(`has a ring that is cut off: ${told(el)}`);
    const isFaint = style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2;
    if (isFaint) complaints.push(`has no ring: ${told(el)}`);
    if (!isOnTop(el)) complaints.push(`is covered, or out of the window, when it has the focus: ${told(el)}`);
  };
  document.addEventListener("focusin", (event) => {
    stops.push(event.target);
    if (event.target.tagName !== "MAIN") look(event.target);
  });
  window.keys = {
    count: wanted.length,
    said: (whole) => {
      const wasReached = (el) => stops.some((one) => one === el || inOneGroup(one, el));
      const never = wanted.filter((el) => el.tabIndex >= 0 && (whole || inside(el)) && !wasReached(el));
      const order = wanted.filter((el) => stops.includes(el));
      const visits = stops.filter((el) => wanted.includes(el)).map((el) => order.indexOf(el));
      const back = visits.filter((at, place) => place && at < visits[place - 1] && at !== 0).map((at) => order[at]);
      return [...complaints, ...never.map((el) => `was never reached: ${told(el)}`),
              ...back.map((el) => `comes out of turn: ${told(el)}`)];
    },
    begin: () => { begun = stops.length; },
    isAtSkip: () => document.activeElement.matches("a.skip") && document.activeElement.getBoundingClientRect().top >= 0,
    isRound: (whole) => stops.indexOf(stops[begun], begun + 1) > 0
      || (!whole && stops.slice(begun).some((el) => !inside(el))),
  };
}
