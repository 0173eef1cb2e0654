// A ballot or bets, livelier: sliders beside the boxes, buttons that need no new page, and what a ballot says so far.
"use strict";

const form = document.querySelector("form.ballot");
const live = form.querySelector(".live");
const cast = form.querySelector("button[value=cast]");
const options = () => [...form.querySelectorAll(".option")];
const box = (option) => option.querySelector("input[type=number]");
const name = (option) => option.querySelector("legend, strong").textContent;

const tell = (text, may) => {
  if (live.textContent !== text) {
    live.textContent = text;
  }
  cast.disabled = !may;
};

const tellScores = () => {
  const said = options().filter((option) => box(option).value !== "");
  const sorted = [...said].sort((a, b) => box(b).value - box(a).value);
  const order = sorted.map((option) => `${name(option)} ${box(option).value}`).join(" · ");
  const values = new Set(said.map((option) => box(option).value));
  const flat = said.length > 1 && said.length === options().length && values.size === 1;
  tell(said.length ? `${live.dataset.order} ${order}${flat ? `. ${live.dataset.flat}` : ""}` : live.dataset.nothing, said.length);
};

const showScore = (option) => {
  const range = option.querySelector("input[type=range]");
  const value = box(option).value;
  const words = range.dataset.words ? range.dataset.words.split("|") : [];
  const word = words[Number(value) >= 100 ? 4 : Number(value) > 50 ? 3 : Number(value) === 50 ? 2 : Number(value) > 0 ? 1 : 0];
  range.value = value === "" ? 50 : value;
  range.classList.toggle("unsaid", value === "");
  range.setAttribute("aria-valuetext", value === "" ? range.dataset.none : [`${value} ${range.dataset.of}`, word].filter(Boolean).join(", "));
};

const tellPlaces = () => {
  const taken = new Set();
  for (const option of options()) {
    const value = box(option).value;
    box(option).setCustomValidity(value !== "" && taken.has(value) ? form.dataset.taken : "");
    taken.add(value);
  }
  const said = options().filter((option) => box(option).value !== "");
  tell(said.length ? "" : live.dataset.nothing, said.length);
};

const move = (option, way) => {
  const ranked = options().filter((one) => box(one).value !== "").sort((a, b) => box(a).value - box(b).value);
  const at = ranked.indexOf(option);
  if (at < 0) {
    if (way !== "out") {
      ranked.push(option);
    }
  } else {
    ranked.splice(at, 1);
    if (way !== "out") {
      ranked.splice(Math.max(at + (way === "up" ? -1 : 1), 0), 0, option);
    }
  }
  const list = option.parentElement;
  const others = options().filter((one) => !ranked.includes(one));
  others.forEach((one) => (box(one).value = ""));
  ranked.forEach((one, place) => (box(one).value = place + 1));
  [...ranked, ...others].forEach((one) => list.append(one));
  tell([...ranked].map((one) => `${box(one).value} ${name(one)}`).join(" · ") || live.dataset.nothing, ranked.length);
};

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=put], button[name=move]");
  if (!button) {
    return;
  }
  event.preventDefault();
  const option = button.closest(".option");
  const what = button.value.slice(button.value.lastIndexOf(":") + 1);
  if (button.name === "put") {
    box(option).value = what;
    box(option).dispatchEvent(new Event("input", { bubbles: true }));
  } else {
    move(option, what);
    button.focus();
  }
});

form.addEventListener("input", (event) => {
  const option = event.target.closest(".option");
  if (event.target.type === "range") {
    box(option).value = event.target.value;
  }
  if (form.dataset.kind === "ranking") {
    tellPlaces();
    return;
  }
  showScore(option);
  if (form.dataset.kind === "score") {
    tellScores();
  }
});

if (form.dataset.kind === "ranking") {
  tellPlaces();
} else {
  for (const range of form.querySelectorAll("input[type=range]")) {
    range.hidden = false;
  }
  options().forEach(showScore);
  if (form.dataset.kind === "score") {
    tellScores();
  }
}
