"use strict";
// Folds and filters the access matrix of a fleet report. Everything it shows stands in the page already: rows and reasons
// are read from the tables, and only who is in which set comes from the data block.
(() => {
  const source = document.getElementById("data");
  const place = document.getElementById("matrix");
  if (!source || !place) return;
  document.documentElement.classList.add("scripted");
  const data = JSON.parse(source.textContent);
  const NO = 0, PART = 1, YES = 2;
  const STYLE = ["no", "part", "yes"];

  // Destinations, as the tables have them.
  const destinations = [];
  for (const body of document.querySelectorAll("tbody[data-space]")) {
    const space = Number(body.dataset.space);
    for (const row of body.rows) {
      const clusters = row.dataset.in.split(" ").map((range) => range.split("-").map(Number));
      for (const name of row.cells[0].textContent.split(", ")) {
        destinations.push({ name, space, clusters, row, kind: Number(row.dataset.class) });
      }
    }
  }

  // Of one caller the narrowest set that it is in decides.
  const kinds = data.classes.map((entries) => {
    const said = new Map(entries.map(([who, verdict, why]) => [who, { who, verdict, why }]));
    const within = new Map();
    for (const entry of said.values()) {
      const slash = entry.who.indexOf("/");
      if (slash < 0) continue;
      const namespace = entry.who.slice(0, slash);
      within.set(namespace, (within.get(namespace) || []).concat(entry));
    }
    return { said, within, wide: said.get("anyone of the fleet") || said.get("anyone") };
  });
  const ofNamespace = (kind, name) => kind.said.get(name + "/*") || kind.wide;
  const ofAccount = (kind, name, account) => kind.said.get(name + "/" + account) || ofNamespace(kind, name);
  const best = (entries) => entries.reduce((one, other) => (other.verdict > one.verdict ? other : one));

  // The axes: trees of workspaces, namespaces, and service accounts or ports of Services.
  const callers = data.groups.map((name, index) => ({
    name, key: "c" + index, of: (kind) => best(spacesOf(index).map((space) => widest(kind, space))),
    below: () => spacesOf(index).map((space) => ({
      name: space.name, key: "c" + index + "." + space.index, of: (kind) => widest(kind, space),
      below: () => [...space.accounts.map((account) => ({
        name: account, of: (kind) => ofAccount(kind, space.name, account),
      })), { name: "any other", of: (kind) => ofNamespace(kind, space.name) }],
    })),
  })).filter((_, index) => spacesOf(index).length > 0);
  callers.push({ name: "anyone else", of: (kind) => kind.said.get("anyone") });
  callers.push({ name: "plaintext", of: (kind) => kind.said.get("plaintext") });
  function spacesOf(group) {
    return data.spaces.map(([owner, name, accounts], index) => ({ owner, name, accounts, index })).filter((space) => space.owner === group);
  }
  function widest(kind, space) {
    return best([ofNamespace(kind, space.name), ...(kind.within.get(space.name) || [])]);
  }
  const targets = data.groups.map((name, index) => {
    const own = (wanted) => destinations.filter(wanted);
    return {
      name, key: "t" + index, holds: own((one) => data.spaces[one.space][0] === index),
      below: () => spacesOf(index).map((space) => ({
        name: space.name, key: "t" + index + "." + space.index, holds: own((one) => one.space === space.index),
        below: () => own((one) => one.space === space.index).map((one) => ({ name: one.name, holds: [one] })),
      })),
    };
  });

  const open = new Set();
  const text = document.getElementById("filter-text");
  const group = document.getElementById("filter-group");
  const cluster = document.getElementById("filter-cluster");
  const result = document.getElementById("filter-result");
  const explanation = document.getElementById("explanation");
  for (const name of data.clusters) cluster.append(new Option(name));

  const element = (tag, content, attributes = {}) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...[content].flat());
    return made;
  };

  // The nodes of an axis that are shown: what is open shows what is below it.
  const unfold = (nodes, depth = 0) => nodes.flatMap((node) => {
    const shown = [{ ...node, depth }];
    return node.key && open.has(node.key) ? shown.concat(unfold(node.below(), depth + 1)) : shown;
  });
  const heading = (node, scope) => {
    const cell = element("th", [], { scope, class: "depth-" + node.depth });
    if (!node.key || !node.below().length) { cell.append(element("span", node.name)); return cell; }
    const button = element("button", node.name, { type: "button", "aria-expanded": open.has(node.key), "data-key": node.key });
    button.addEventListener("click", () => {
      if (!open.delete(node.key)) open.add(node.key);
      draw();
      place.querySelector(`[data-key="${node.key}"]`).focus();
    });
    cell.append(button);
    return cell;
  };

  let shown = new Set(destinations);
  const draw = () => {
    const columns = unfold(targets).map((node) => ({ ...node, holds: node.holds.filter((one) => shown.has(one)) })).filter((node) => node.holds.length);
    const rows = unfold(callers);
    const table = element("table", element("caption", "Callers in rows, what they call in columns; a name unfolds, a cell explains itself"));
    table.createTHead().append(element("tr", [element("td", [])].concat(columns.map((node) => heading(node, "col")))));
    const body = table.createTBody();
    for (const from of rows) {
      const row = body.insertRow();
      row.append(heading(from, "row"));
      for (const to of columns) {
        const found = to.holds.map((one) => from.of(kinds[one.kind]).verdict);
        const count = found.filter((verdict) => verdict > NO).length;
        const style = count === 0 ? NO : count < found.length || found.includes(PART) ? PART : YES;
        const label = to.holds.length === 1 ? ["no", "partly", "yes"][style] : count + " of " + found.length;
        const button = element("button", label, { type: "button", "aria-label": `${from.name} to ${to.name}: ${label}` });
        button.addEventListener("click", () => explain(from, to));
        row.append(element("td", button, { class: STYLE[style] }));
      }
    }
    place.replaceChildren(table);
  };

  // Why: the reasons of a cell, those of one kind together.
  const MOST = 30;
  const explain = (from, to) => {
    const byKind = new Map();
    for (const one of to.holds) {
      const said = from.of(kinds[one.kind]);
      const key = said.why + " " + said.verdict + " " + said.who;
      if (!byKind.has(key)) byKind.set(key, { said, names: [] });
      byKind.get(key).names.push(one.name + " in " + data.spaces[one.space][1]);
    }
    const items = [...byKind.values()].slice(0, MOST).map(({ said, names }) => {
      const reason = document.getElementById("why-" + said.why);
      const names_ = names.length > 6 ? names.slice(0, 6).join(", ") + ` and ${names.length - 6} more` : names.join(", ");
      const lead = [element("strong", ["no", "partly", "yes"][said.verdict], { class: STYLE[said.verdict] }), ` ${said.who} → ${names_}`];
      return element("li", [element("p", lead), ...[...reason.cloneNode(true).childNodes]]);
    });
    if (byKind.size > MOST) items.push(element("li", `and ${byKind.size - MOST} more: unfold or filter`));
    const close = element("button", "Close", { type: "button", class: "close" });
    close.addEventListener("click", () => { explanation.hidden = true; });
    explanation.replaceChildren(element("h3", `${from.name} → ${to.name}`), close, element("ul", items));
    explanation.hidden = false;
  };

  // A reason in place, where a link to it is clicked.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('td > a[href^="#why-"]');
    if (!link) return;
    event.preventDefault();
    const cell = link.closest("td");
    const before = cell.querySelector(".why");
    const again = before && before.dataset.of === link.hash;
    if (before) before.remove();
    if (again) return;
    const reason = document.querySelector(link.hash);
    cell.append(element("div", [...reason.cloneNode(true).childNodes], { class: "why", "data-of": link.hash }));
  });

  const filter = () => {
    const wanted = text.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const owner = group.value ? data.groups.indexOf(group.value) : -1;
    const where = cluster.value ? data.clusters.indexOf(cluster.value) : -1;
    const all = !wanted.length && owner < 0 && where < 0;
    const rows = new Map();
    shown = new Set();
    for (const one of destinations) {
      const [own, space] = data.spaces[one.space];
      one.text ??= (one.name + " " + space + " " + data.groups[own] + " " + one.row.cells[2].textContent).toLowerCase();
      const fits = wanted.every((word) => one.text.includes(word)) && (owner < 0 || own === owner) && (where < 0 || one.clusters.some(([first, last = first]) => first <= where && where <= last));
      if (fits) shown.add(one);
      rows.set(one.row, rows.get(one.row) || fits);
    }
    for (const [row, fits] of rows) row.hidden = !fits;
    for (const table of document.querySelectorAll("table.destinations")) table.hidden = ![...table.tBodies[0].rows].some((row) => !row.hidden);
    for (const folded of document.querySelectorAll("details.group")) {
      folded.hidden = ![...folded.querySelectorAll("table")].some((table) => !table.hidden);
      folded.open = !all && shown.size <= 200;
    }
    result.textContent = all ? `${destinations.length} destinations` : `${shown.size} of ${destinations.length} destinations`;
    draw();
  };
  let soon;
  const later = () => { clearTimeout(soon); soon = setTimeout(filter, 80); };
  text.addEventListener("input", later);
  group.addEventListener("change", filter);
  cluster.addEventListener("change", filter);
  filter();
})();
