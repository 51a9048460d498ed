// What moves: copying, menus that close, lists that follow. Every page works without it.
"use strict";

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const label = button.firstChild;
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      label.textContent = "Copied";
    } catch {
      label.textContent = "Select and copy by hand";
    }
    setTimeout(() => { label.textContent = before; }, 1500);
  });
}

for (const menu of document.querySelectorAll("details.menu")) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); }
  });
}

// A file's text goes into the field that it is for; a long one, which no field shows in good time,
// goes with the form in the field's place. What can't be taken is said beside it.
const read = async (file, most) => {
  const size = (octets) => `${(octets / 1e6).toFixed(1)} MB`;
  if (file.size > most) throw new Error(`${file.name} has ${size(file.size)}, more than ${size(most)}.`);
  let text = "\0";
  try { text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()); } catch { /* no text */ }
  if (text.includes("\0")) throw new Error(`${file.name} is no text in UTF-8.`);
  return text;
};
const mostShown = 200_000;
for (const input of document.querySelectorAll("input[data-into]")) {
  const field = document.getElementById(input.dataset.into);
  const said = document.getElementById(`${input.id}-said`);
  let instead = "";
  const say = (text, wrong = false) => { said.className = wrong ? "problem" : "hint"; said.textContent = text; };
  const take = async () => {
    const [file] = input.files;
    try {
      const text = file ? await read(file, Number(input.dataset.most)) : "";
      instead = text.length > mostShown ? text : "";
      if (file && !instead) field.value = text;
      say(!file ? "" : instead ? `${file.name} goes instead of what is in the field.` : `${file.name} is in the field.`);
    } catch (error) {
      input.value = instead = "";
      say(error.message, true);
    }
    field.disabled = Boolean(instead);
  };
  input.parentElement.hidden = false;
  input.addEventListener("change", take);
  field.form.addEventListener("formdata", (event) => { if (instead) event.formData.set(field.name, instead); });
  if (input.files.length) take();
}

// The side menu is open on a wide screen and folded on a phone.
const fold = document.querySelector("details.fold");
if (fold && matchMedia("(max-width: 50rem)").matches) fold.open = false;

// What a screen reader is told of a region that has changed, but for times that go on.
const news = document.createElement("p");
news.className = "visually-hidden";
news.setAttribute("aria-live", "polite");
document.body.append(news);
const essence = (region) => {
  const copy = region.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.remove();
  return copy.textContent;
};
const show = (region, fresh) => {
  const told = region.dataset.news && essence(region) !== essence(fresh);
  const scrolled = [...region.querySelectorAll(".table")].map((one) => one.scrollLeft);
  region.replaceChildren(...fresh.childNodes);
  region.querySelectorAll(".table").forEach((one, place) => { one.scrollLeft = scrolled[place] ?? 0; });
  if (told) { news.textContent = ""; setTimeout(() => { news.textContent = region.dataset.news; }, 100); }
};

const inUse = (region) => {
  const chosen = getSelection();
  return region.contains(document.activeElement) || region.querySelector("details[open]")
    || (!chosen.isCollapsed && chosen.containsNode(region, true));
};

// An element with data-follow is loaded again every so many seconds while the page is looked at, but
// not while somebody is in it; who has come while it was loaded finds it as it was.
for (const region of document.querySelectorAll("[data-follow]")) {
  const seconds = Math.max(1, Number(region.dataset.follow));
  const timer = setInterval(async () => {
    if (document.hidden || inUse(region)) return;
    try {
      const answer = await fetch(location.href, { headers: { "X-Follow": region.id } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(region.id);
      if (!fresh || inUse(region)) return;
      if (fresh.innerHTML !== region.innerHTML) show(region, fresh);
      if (!fresh.dataset.follow) clearInterval(timer);
    } catch { /* the next turn tries again */ }
  }, seconds * 1000);
}

// Work in steps goes on by itself, with a moment to stop it.
const work = document.querySelector("form[data-goes-on]");
if (work) setTimeout(() => work.requestSubmit(), 700);
