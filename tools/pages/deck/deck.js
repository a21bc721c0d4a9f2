"use strict";
// Everything on a slide is fitted to the letters that this computer has. Those of the text are as
// large as can be, between these sizes in pixels on a slide of 1280×720.
const LARGEST = 34, SMALLEST = 20;

function fit() {
  for (const body of document.querySelectorAll(".body")) {
    for (const pre of body.querySelectorAll("pre")) {
      let most = 24;  // so that no line need be broken, if letters that can be read allow it
      const tooWide = () => {
        pre.style = `width: max-content; white-space: pre; font-size: ${most}px`;
        return pre.offsetWidth >= pre.parentNode.clientWidth;  // both are rounded
      };
      while (tooWide() && most > 16) most--;
      pre.style = `--most: ${most}px`;
    }
    const tooLarge = () => [body, ...body.children].some(
      (x) => x.scrollWidth > x.clientWidth || x.scrollHeight > x.clientHeight);
    for (let size = LARGEST; size >= SMALLEST; size--) {
      body.style.fontSize = `${size}px`;
      if (!tooLarge()) break;
    }
  }
}

// Only what is displayed has a size: the slide that is shown and those near it.
for (const event of ["ready", "slidechanged", "overviewshown", "pdf-ready"]) Reveal.on(event, fit);
// Reveal reads the words of a slide to those who cannot see it; here follow those of its pictures.
for (const event of ["ready", "slidechanged", "fragmentshown"]) Reveal.on(event, () => {
  const shown = [...Reveal.getCurrentSlide().querySelectorAll("img")].filter(
    (x) => !x.closest(".fragment:not(.visible)"));
  document.querySelector(".aria-status").append(...shown.map((x) => ` ${x.alt}.`));
});
// Pages of 1280×720, scaled to the window; one key goes through all of them.
Reveal.initialize({
  width: 1280, height: 720, margin: 0, center: false,
  navigationMode: "linear", controls: false, slideNumber: "c/t", hash: true,
  transition: "none", backgroundTransition: "none", pdfSeparateFragments: false, plugins: [RevealNotes],
  keyboard: { 36: () => Reveal.slide(0, 0) },  // Home: else the column's slide seen last
});

// The clock of an exercise: a click or the key C starts it, another sets it back.
function turn(clock) {
  const shown = clock.querySelector("span"), all = 60 * clock.dataset.minutes;
  const show = (left) => { shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`; };
  clock.classList.remove("over");
  if (clock.ticking) {
    clock.ticking = clearInterval(clock.ticking);
    return show(all);
  }
  const started = Date.now();
  clock.ticking = setInterval(() => {
    const left = Math.max(0, all - Math.floor((Date.now() - started) / 1000));
    show(left);
    if (!left) clock.classList.add("over");
  }, 250);
}
for (const clock of document.querySelectorAll(".clock")) clock.addEventListener("click", () => turn(clock));
Reveal.addKeyBinding({ keyCode: 67, key: "C", description: "Start the clock of an exercise" }, () => {
  const clock = Reveal.getCurrentSlide().querySelector(".clock");
  if (clock) turn(clock);
});
