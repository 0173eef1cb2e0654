"use strict";
// Searches what this file holds. It sends nothing anywhere: the file's own policy forbids that.
const search = document.querySelector(".search");
const field = search.querySelector("input");
const told = search.querySelector("[role=status]");
const posts = [...document.querySelectorAll("article")].map((post) => ({ post, words: "" }));
const groups = [...document.querySelectorAll("main > section[data-group]")];

// Without marks, so that a search for "malmo" finds "Malmö".
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function show() {
  const wanted = plain(field.value).split(/\s+/u).filter(Boolean);
  let found = 0;
  for (const one of posts) {
    if (wanted.length > 0 && one.words === "") {
      one.words = plain(one.post.textContent);
    }
    const fits = wanted.every((word) => one.words.includes(word));
    one.post.hidden = !fits;
    found += fits ? 1 : 0;
  }
  for (const group of groups) {
    group.hidden = wanted.length > 0 && group.querySelector("article:not([hidden])") === null;
  }
  const count = found.toLocaleString(document.documentElement.lang);
  told.textContent = wanted.length > 0 ? told.dataset.found.replace("{}", count) : "";
}

let waiting = 0;
field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 120);
});
search.hidden = false;
