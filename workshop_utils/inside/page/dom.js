// Elements, and what several views are made of.
import {cellColours, largestOf, number} from "./paint.js";

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

let names = 0;
export const newId = (stem) => `${stem}-${++names}`;

// A slider with its name and its value beside it; `show` says the value in words. Where it takes
// any value, a key moves it by a hundredth of the way (with Page Up or Down, by a tenth).
export function slider(text, {min, max, step = 1, value}, onInput, show = String) {
  const id = newId("slider"), output = h("output", {for: id});
  const input = h("input", {type: "range", id, min, max, step, value, oninput: () => {
    tell();
    onInput(Number(input.value));
  }});
  function tell() {
    output.textContent = show(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  }
  if (step === "any") input.addEventListener("keydown", (event) => {
    const steps = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10}[event.key];
    if (!steps) return;
    event.preventDefault();
    input.value = Number(input.value) + (steps * (max - min)) / 100;
    input.dispatchEvent(new Event("input"));
  });
  const set = (to) => { input.value = to; tell(); };
  set(value);
  return {element: h("div", {class: "slider"}, h("label", {for: id}, text, " "), output, input), input, set};
}

export function button(text, onclick, attributes = {}) {
  return h("button", {type: "button", onclick, ...attributes}, text);
}

// Changes are drawn once for each frame of the screen, however many there are.
export function onceAFrame(draw) {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => { waits = false; draw(); });
  };
}

// A table of numbers in their colours. With `onpick` it is a grid that arrow keys move in: one
// cell takes the focus, and is told to `onpick`.
export function grid({values, columns, name, largest = largestOf(values), marked = -1, digits = 2,
  void: isVoid = () => false, onpick = null, label = (at) => number(values[at], digits)}) {
  const rows = Math.ceil(values.length / columns);
  const cells = values.map((value, at) => {
    const cell = h("td", {
      ...(onpick ? {role: "gridcell", tabindex: at === Math.max(0, marked) ? 0 : -1} : {}),
      class: (at === marked ? "marked " : "") + (isVoid(at) ? "void" : ""),
    }, label(at));
    if (!isVoid(at)) cell.style.cssText = cellColours(value, largest);
    if (onpick) {
      cell.setAttribute("aria-label", `${name}, row ${Math.floor(at / columns)}, column ${at % columns}: ${label(at)}`);
      if (at === marked) cell.setAttribute("aria-selected", "true");
      cell.addEventListener("click", () => onpick(at));
      cell.addEventListener("keydown", (event) => {
        const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns}[event.key];
        if (step === undefined) return;
        event.preventDefault();
        if (at + step >= 0 && at + step < values.length) onpick(at + step, true);
      });
    }
    return cell;
  });
  const lines = Array.from({length: rows}, (_, row) =>
    h("tr", onpick ? {role: "row"} : {}, ...cells.slice(row * columns, (row + 1) * columns)));
  return h("table", {class: "grid", "aria-label": name, ...(onpick ? {role: "grid"} : {})},
    h("tbody", onpick ? {role: "rowgroup"} : {}, ...lines));
}

// The numbers behind a picture, folded: one map at a time, made only while they are seen.
export function numbersOf(title, {maps, rows, columns, mapName, read}) {
  const id = newId("map"), box = h("div", {class: "scroll", tabindex: 0, role: "group", "aria-label": title});
  const choice = h("select", {id, onchange: () => fill()},
    ...Array.from({length: maps}, (_, map) => h("option", {value: map}, mapName(map))));
  const details = h("details", {class: "numbers", ontoggle: () => fill()},
    h("summary", {}, title),
    maps > 1 ? h("label", {for: id}, "of ", choice) : null, box);
  function fill() {
    if (!details.open) return;
    const values = read(Number(choice.value));
    const head = h("tr", {}, h("td", {}), ...Array.from({length: columns}, (_, x) => h("th", {scope: "col"}, String(x))));
    const lines = Array.from({length: rows}, (_, y) => h("tr", {},
      h("th", {scope: "row"}, String(y)),
      ...Array.from({length: Math.min(columns, values.length - y * columns)},
        (_, x) => h("td", {}, number(values[y * columns + x])))));
    box.replaceChildren(h("table", {class: "plain", "aria-label": `${title}, ${mapName(Number(choice.value))}`},
      h("thead", {}, head), h("tbody", {}, ...lines)));
  }
  return {element: details, fill, choose: (map) => { choice.value = map; fill(); }};
}
