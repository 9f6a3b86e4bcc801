// The page of serve. What is asked stands in the address, so that it can be sent on and gone back to; the address is read into `asked`,
// `asked` is put to the server, and its answer is shown. Texts of the server go into the page as text nodes only.

const $ = (id) => document.getElementById(id);
const K_MAX = 1000;
const SEARCH_N = 12;
const DIVERSE = 0.7;       // the weight of relevance in lists that are to be diverse
const TYPING_MS = 80;      // a search begins this long after the last key
const SLOW_MS = 250;       // an answer that takes longer is announced as under way
const TEXT_MAX = 180;      // characters of a column that are shown

// A node with properties (those with a dash are attributes) and children; texts become text nodes.
function node(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {}))
    key.includes("-") || key === "role" ? made.setAttribute(key, value) : (made[key] = value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

const number = (n) => n.toLocaleString("en");
const quote = (text) => `“${text}”`;
const counted = (n, one, many) => `${number(n)} ${n === 1 ? one : many}`;
const milliseconds = (ms) => `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;

// ---- The address

let asked = {};            // {model, mode: "user" | "likes", user, likes: [keys], similar, k, filter, seen, diverse, order: a head}
let models = [];
let shown = "";            // the query of the address that `asked` was read from, or written to
let info = null;           // of the model: what the server says of it, and its name as `model`

function read_address() {
  shown = location.search;
  const from = new URLSearchParams(location.search);
  const k = Number(from.get("k"));
  const likes = from.getAll("like");
  return {
    model: from.get("model") || "",
    mode: likes.length > 0 || from.get("for") === "likes" ? "likes" : "user",
    user: from.get("user") || "",
    likes,
    similar: from.get("similar") || "",
    k: Number.isInteger(k) && k >= 1 && k <= K_MAX ? k : 10,
    filter: from.get("filter") || "",
    seen: from.get("seen") === "keep",
    diverse: from.get("diverse") === "yes",
    order: from.get("order") || "",
  };
}

function address_of(asked) {
  const to = new URLSearchParams();
  if (asked.model) to.set("model", asked.model);
  if (asked.mode === "user" && asked.user) to.set("user", asked.user);
  if (asked.mode === "likes") {
    if (asked.likes.length === 0) to.set("for", "likes");
    for (const key of asked.likes) to.append("like", key);
  }
  if (asked.similar) to.set("similar", asked.similar);
  if (asked.k !== 10) to.set("k", asked.k);
  if (asked.filter) to.set("filter", asked.filter);
  if (asked.seen) to.set("seen", "keep");
  if (asked.diverse) to.set("diverse", "yes");
  if (asked.order) to.set("order", asked.order);
  const text = to.toString();
  return text ? `?${text}` : "./";
}

// Goes on to what is asked now, with some of it changed, as a new entry of the browser's history.
function go(changes, focus) {
  asked = { ...asked, ...changes };
  history.replaceState({ y: scrollY }, "");
  history.pushState(null, "", address_of(asked));
  shown = location.search;
  show_asked();
  answer(focus);
}

// A link to what is asked now with some of it changed; a plain click does not load the page anew.
function link(text, changes, properties) {
  const made = node("a", { href: address_of({ ...asked, ...changes }), ...properties }, text);
  made.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(changes, true);
  });
  return made;
}

// ---- The server

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(path, body, signal) {
  const headers = {};
  const token = sessionStorage.getItem("token");
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(`api/models${path}`, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
  let found = null;
  try {
    found = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (!answer.ok || found === null) throw new Refused(answer.status, found?.error || `the server answered with status ${answer.status}`);
  return found;
}

const of_model = (rest) => `/${encodeURIComponent(asked.model)}/${rest}`;

function search(side, text, n, signal) {
  return call(of_model(`search?${new URLSearchParams({ side, q: text, n })}`), null, signal).then((found) => found.results);
}

// ---- Items: rows of the table of candidates

const names = new Map();   // of items seen so far, by key

function name_of(item) {
  const name = String(item.columns[info.title] || item.key);
  names.set(item.key, name);
  return name;
}

async function learn_names(keys) {
  await Promise.all(keys.filter((key) => !names.has(key)).map(async (key) => {
    const found = await search("candidate", key, SEARCH_N).catch(() => []);
    found.forEach(name_of);
  }));
}

// The other columns of an item in a line.
function columns_of(item) {
  const parts = [];
  for (const { name } of info.columns) {
    const value = item.columns[name];
    if (name === info.title || name === info.candidate || value === null || value === undefined) continue;
    const text = Array.isArray(value) ? value.join(", ") : typeof value === "number" ? `${name} ${value}` : String(value);
    if (text !== "") parts.push(text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);
  }
  return parts.join(" · ");
}

// ---- The search box: a combobox with a list of suggestions (ARIA Authoring Practices)

const box = $("search");
let options = [];          // the suggestions shown
let active = -1;           // the one that Enter takes
let searching = null;      // AbortController of the search under way
let typing = 0;            // the timer that will begin one
let suggested = null;      // the promise of the last one

function close_options() {
  clearTimeout(typing);
  typing = 0;
  searching?.abort();
  $("options").hidden = true;
  box.setAttribute("aria-expanded", "false");
  set_active(-1);
}

function set_active(i) {
  active = i;
  [...$("options").children].forEach((option, j) => option.setAttribute("aria-selected", j === i));
  if (i < 0) return box.removeAttribute("aria-activedescendant");
  box.setAttribute("aria-activedescendant", `option-${i}`);
  $(`option-${i}`).scrollIntoView({ block: "nearest" });
}

// The text with the part that was typed marked.
function marked(text, typed) {
  const at = typed ? text.toLowerCase().indexOf(typed.toLowerCase()) : -1;
  if (at < 0) return [text];
  return [text.slice(0, at), node("mark", {}, text.slice(at, at + typed.length)), text.slice(at + typed.length)];
}

function option_of(item, i, typed) {
  const likes = asked.mode === "likes";
  const made = node("li", { id: `option-${i}`, role: "option", "aria-selected": "false" }, ...marked(likes ? name_of(item) : item.key, typed));
  made.append(" ", node("span", { className: "aside" }, likes ? columns_of(item) : item.count > 0 ? counted(item.count, "title", "titles") : ""));
  made.addEventListener("click", () => take(item));
  return made;
}

// Shows what fits the text as it stands; whether it could.
function suggest() {
  clearTimeout(typing);
  typing = 0;
  return (suggested = find_suggestions());
}

async function find_suggestions() {
  if (info === null) return false;  // answer() comes back to it
  const typed = box.value.trim();
  searching?.abort();
  searching = new AbortController();
  const { signal } = searching;
  let found;
  try {
    found = await search(asked.mode === "likes" ? "candidate" : "query", typed, SEARCH_N, signal);
  } catch (error) {
    if (error.name !== "AbortError") help(`The search failed: ${words_of(error)}`);
    return false;
  }
  if (signal.aborted) return false;
  options = found;
  $("options").replaceChildren(...found.map((item, i) => option_of(item, i, typed)));
  $("options").hidden = found.length === 0;
  box.setAttribute("aria-expanded", found.length > 0);
  set_active(-1);
  if (found.length > 0) help(`${counted(found.length, "suggestion", "suggestions")}${found.length === SEARCH_N ? " or more" : ""}; the arrow keys choose.`);
  else if (asked.mode === "likes") help(`No title has ${quote(typed)} in it.`);
  else help(`No user is called so. Enter asks what somebody unknown would get.`);
  return true;
}

// Takes a suggestion.
function take(item) {
  close_options();
  if (asked.mode === "user") return go({ user: item.key, similar: "" });
  name_of(item);
  box.value = "";
  go({ likes: asked.likes.includes(item.key) ? asked.likes : [...asked.likes, item.key], similar: "" });
}

// Enter: the suggestion that is chosen; else the user as typed, or the first title that fits.
async function take_typed() {
  if (active >= 0) return take(options[active]);
  const typed = box.value.trim();
  if (typed === "") return;
  if (asked.mode === "user") {
    close_options();
    return go({ user: typed, similar: "" });
  }
  if (await suggest() && options.length > 0) take(options.find((item) => name_of(item) === typed) || options[0]);
}

function help(text) {
  $("search-help").textContent = text;
  $("status").textContent = text;
}

box.addEventListener("input", () => {
  set_active(-1);
  clearTimeout(typing);
  typing = setTimeout(suggest, TYPING_MS);
});
box.addEventListener("click", () => $("options").hidden && suggest());
box.addEventListener("blur", close_options);
$("options").addEventListener("mousedown", (event) => event.preventDefault());  // so that the box keeps the focus
box.addEventListener("keydown", async (event) => {
  const open = !$("options").hidden;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    if (!(await (open && !typing ? suggested : suggest()))) return;
    const n = options.length;
    if (n > 0 && !event.altKey) set_active(active < 0 ? (step > 0 ? 0 : n - 1) : (active + step + n) % n);
  } else if (event.key === "Escape") {
    event.preventDefault();
    if (open) close_options();
    else box.value = "";
  } else if (event.key === "Enter" && event.isComposing) {
    event.preventDefault();
  }
});

// ---- The form

// Puts what is asked into its fields.
function show_asked() {
  const likes = asked.mode === "likes";
  document.querySelector(`input[name="mode"][value="${asked.mode}"]`).checked = true;
  $("search-label").textContent = likes ? "Add a title" : "User";
  $("search-help").textContent = likes ? "Part of a title is enough." : "Suggestions come while you type.";
  if (!likes) box.value = asked.user;
  $("filter").value = asked.filter;
  $("k").value = asked.k;
  $("seen").checked = !asked.seen;
  $("seen").disabled = likes || asked.similar !== "";
  $("diverse").checked = asked.diverse;
  $("order").value = asked.order;
  $("order").disabled = asked.similar !== "";
  $("model").value = asked.model;
  fault($("k"), $("k-error"), null);
  fault($("filter"), $("filter-error"), null);
  show_likes();
}

function show_likes() {
  $("likes").hidden = asked.mode !== "likes" || asked.likes.length === 0;
  $("likes").replaceChildren(...asked.likes.map((key) => {
    const name = names.get(key) || key;
    const remove = node("button", { type: "button", "aria-label": `Remove ${name}` }, "×");
    remove.addEventListener("click", () => {
      go({ likes: asked.likes.filter((other) => other !== key), similar: "" });
      box.focus();
    });
    return node("li", {}, node("span", {}, name), remove);
  }));
}

function fault(field, place, content) {
  place.hidden = content === null;
  place.replaceChildren(...(content === null ? [] : [].concat(content)));
  content === null ? field.removeAttribute("aria-invalid") : field.setAttribute("aria-invalid", "true");
}

// The rules as they stand in the form, if they changed.
function take_rules() {
  const k = Number($("k").value);
  if (!Number.isInteger(k) || k < 1 || k > K_MAX) return fault($("k"), $("k-error"), `How many: a whole number from 1 to ${number(K_MAX)}.`);
  fault($("k"), $("k-error"), null);
  const rules = { k, filter: $("filter").value.trim(), seen: !$("seen").checked, diverse: $("diverse").checked, order: $("order").value };
  if (Object.keys(rules).some((name) => rules[name] !== asked[name])) go(rules);
}

const bare = (text) => /^[^\s()<>=!'"]+$/.test(text) && !/^(and|or|not|has)$/i.test(text);
const as_word = (text) => (bare(text) ? text : `'${text.replaceAll("'", "''")}'`);

// Puts text into the condition: at the cursor.
function insert(text) {
  const field = $("filter");
  const before = field.value.slice(0, field.selectionStart);
  field.focus();
  field.setRangeText(`${before && !/[\s(]$/.test(before) ? " " : ""}${text} `, field.selectionStart, field.selectionEnd, "end");
}

// A column with few values: a list of them to choose from, each a whole condition that is added.
function chooser(column, operator) {
  const made = node("select", { "aria-label": `${column.name} ${operator}` }, node("option", { value: "" }, `${column.name} ${operator} …`),
    ...column.values.map((value) => node("option", { value }, value)));
  made.addEventListener("change", () => {
    if (made.value === "") return;
    const there = $("filter").value.trim();
    const before = there === "" ? "" : /\bor\b/.test(there) ? `(${there}) and ` : `${there} and `;
    $("filter").value = `${before}${as_word(column.name)} ${operator} ${as_word(made.value)}`;
    made.value = "";
    take_rules();
  });
  return made;
}

// What a condition may speak of: buttons that write a column's name, and choosers.
function show_columns() {
  const parts = info.columns.filter((column) => column.operators.length > 0).map((column) => {
    const operator = column.operators.at(column.type === "number" ? -2 : 0);
    return column.values?.length > 0 ? chooser(column, operator) : button(column.name, () => insert(`${as_word(column.name)} ${operator}`));
  });
  $("filter-help").hidden = parts.length === 0;
  $("filter-help").replaceChildren("Columns: ", ...parts.flatMap((part) => [part, " "]), "Join by and, or, not.");
}

// What the list may be ordered by: the search, or what a head of the model predicts. One that the address names is shown, for the server to refuse.
function show_orders() {
  const heads = asked.order === "" || info.heads.includes(asked.order) ? info.heads : [...info.heads, asked.order];
  document.querySelector(".order").hidden = heads.length === 0;
  $("order").replaceChildren(node("option", { value: "" }, "the search"), ...heads.map((head) => node("option", { value: head }, `predicted ${head}`)));
  $("order").value = asked.order;
}

$("filter-help").addEventListener("mousedown", (event) => event.target.tagName === "BUTTON" && event.preventDefault());  // what is half typed is no answer yet
$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  if (document.activeElement === box) take_typed();
  else take_rules();
});
for (const id of ["filter", "k", "seen", "diverse", "order"]) $(id).addEventListener("change", take_rules);
for (const mode of document.querySelectorAll('input[name="mode"]'))
  mode.addEventListener("change", () => {
    close_options();
    box.value = "";
    go({ mode: mode.value, similar: "" });
  });
$("model").addEventListener("change", () => {
  go({ model: $("model").value, order: "" });
});

// ---- The answer

const heading = (text) => {
  $("heading").textContent = text;
  document.title = `${text} – millrace`;
};

function busy(is) {
  $("answer").setAttribute("aria-busy", is);
  if (!is) $("answer").classList.remove("slow");
}

// A notice in place of a list, or above it: paragraphs, and maybe a button.
function notice(wrong, ...paragraphs) {
  $("notice").hidden = false;
  $("notice").className = wrong ? "notice wrong" : "notice";
  $("notice").replaceChildren(...paragraphs.map((one) => (typeof one === "string" ? node("p", {}, one) : one)));
}

function clear(text) {
  busy(false);
  heading(text);
  $("back").hidden = true;
  $("figures").textContent = "";
  $("notice").hidden = true;
  $("list").replaceChildren();
  show_took([], 0);
}

function button(text, does) {
  const made = node("button", { type: "button" }, text);
  made.addEventListener("click", does);
  return made;
}

const words_of = (error) => (error instanceof Refused ? error.message : "the server does not answer");

function show_error(error) {
  if (error.status === 401) {
    clear(sessionStorage.getItem("token") ? "The token is refused" : "A token is needed");
    $("token").hidden = false;
    return $("token-text").focus();
  }
  if (asked.filter && error.message.startsWith("filter:")) return show_filter_fault(error.message);
  clear(error instanceof Refused ? "No answer" : "The server does not answer");
  notice(true, error instanceof Refused ? `The server says: ${error.message}` : "It may have been stopped, or the network is away.", button("Try again", () => start(true)));
  $("status").textContent = $("notice").textContent;
}

// "filter: column 8: "genres ^hs Comedy": ..." as the condition with a caret below the place, and what was wanted.
function show_filter_fault(message) {
  const column = Number(/column (\d+)/.exec(message)?.[1]);
  const wanted = message.slice(message.lastIndexOf('": ') + 1 || message.indexOf(":") + 1).replace(/^[":\s]+/, "");
  const drawn = column ? node("pre", { "aria-hidden": "true" }, `${asked.filter}\n${" ".repeat(column - 1)}^`) : null;
  clear("The condition is not understood");
  fault($("filter"), $("filter-error"), [drawn, node("p", {}, column ? `At character ${column}: ${wanted}.` : message)].filter((one) => one));
  notice(true, "Nothing was recommended, since the condition above has a mistake in it.", button("Remove the condition", () => go({ filter: "" }, true)));
  $("status").textContent = $("filter-error").lastChild.textContent;
}

function show_nothing() {
  clear("Recommendations");
  notice(false, asked.mode === "likes" ? "Add titles that somebody likes; what goes with all of them together appears here." :
    "Search for a user, or put together a history of titles. What to recommend appears here, each title with its score and its reasons; a title leads to what is similar to it.",
  `The model ${quote(asked.model)} knows ${counted(info.counts.queries, "user", "users")} and ${counted(info.counts.candidates, "title", "titles")}.`);
}

function question() {
  if (asked.similar) return { similar: asked.similar };
  if (asked.mode === "likes") return asked.likes.length > 0 ? { likes: asked.likes } : null;
  return asked.user ? { query: asked.user, exclude_seen: !asked.seen } : null;
}

function heading_of() {
  if (asked.similar) return `Similar to ${names.get(asked.similar) || asked.similar}`;
  return asked.mode === "user" ? `Recommendations for ${asked.user}` : `Recommendations for ${counted(asked.likes.length, "title", "titles")}`;
}

// The nearest titles of theirs.
function reasons(why) {
  return node("p", { className: "why" }, "because of ", ...why.flatMap((item, i) => [i > 0 ? ", " : "",
    link(name_of(item), { similar: item.key }, { title: `similarity ${item.similarity.toFixed(2)}` })]));
}

const score_words = (score) => (Number.isInteger(score) ? number(score) : score.toFixed(3));

function recommendation(item) {
  const more = columns_of(item);
  return node("li", {},
    link(name_of(item), { similar: item.key }, { className: "title", title: "Show what is similar" }),
    node("span", { className: "score", title: "score" }, node("span", { className: "hidden" }, "score "), score_words(item.score)),
    more ? node("p", { className: "more" }, more) : null,
    item.why?.length > 0 ? reasons(item.why) : null);
}

function show_took(took, count) {
  const liked = info?.label && took.some((item) => item.label !== null && item.label !== undefined);
  $("took").hidden = took.length === 0;
  $("answer").classList.toggle("both", took.length > 0);
  $("took-heading").textContent = liked ? "What they liked" : "What they took";
  $("took-figures").textContent = `${liked ? `best ${info.label} first` : "latest first"}${count > took.length ? `, ${took.length} of ${number(count)}` : ""}`;
  $("took-list").replaceChildren(...took.map((item) => node("li", {},
    link(name_of(item), { similar: item.key }), node("span", {}, liked && item.label !== null ? String(item.label) : ""))));
}

// Who the server answered for, if it is nobody that it knows.
function unknown_words(fallback) {
  const why = { features: "these go by the features that were given", popularity: "these are the most popular titles, and scores say how often they were taken" };
  return `Nobody called ${quote(asked.user)} is known here: ${why[fallback] || "these are for somebody unknown"}.`;
}

function show_answer(found, round_trip_ms) {
  const items = found.recommendations;
  const took = asked.similar || asked.mode === "likes" ? [] : found.history || [];
  clear(heading_of());
  if (asked.similar && (asked.user || asked.likes.length > 0)) {
    const to = asked.mode === "user" ? `recommendations for ${asked.user}` : "the history of titles";
    $("back").replaceChildren(link(`← Back to ${to}`, { similar: "" }));
    $("back").hidden = false;
  }
  $("figures").textContent = `${counted(items.length, "title", "titles")} of ${number(info.counts.candidates)}, found in ${milliseconds(found.ms)}, ` +
    `here after ${milliseconds(round_trip_ms)}`;
  if (found.known === false) notice(false, unknown_words(found.fallback));
  if (items.length === 0)
    notice(false, asked.filter ? "No title meets the condition." : "Nothing is left to recommend.",
      ...(asked.filter ? [button("Remove the condition", () => go({ filter: "" }, true))] : []));
  $("list").replaceChildren(...items.map(recommendation));
  show_took(took, found.history_count);
  $("status").textContent = `${$("heading").textContent}: ${$("figures").textContent}. ${$("notice").hidden ? "" : $("notice").textContent}`;
}

let asking = null;         // AbortController of the question under way

// Asks what is asked, and shows the answer.
//   focus  whether the heading of the answer takes the focus, since what had it is gone
//   y      where the page was scrolled to
async function answer(focus, y) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const body = question();
  const slow = setTimeout(() => {
    $("answer").classList.add("slow");
    $("figures").textContent = $("status").textContent = "Looking for the answer…";
  }, SLOW_MS);
  busy(true);
  try {
    if (info?.model !== asked.model) {
      await take_info(signal);
      if (document.activeElement === box && ![asked.user, ""].includes(box.value)) suggest();  // typed in the meantime
    }
    if (body === null) {
      show_nothing();
    } else {
      const began = performance.now();
      if (asked.filter) body.filter = asked.filter;
      if (asked.diverse) body.mmr = DIVERSE;
      if (asked.order && !asked.similar) body.rerank = asked.order;
      const found = await call(of_model("recommend"), { ...body, k: asked.k }, signal);
      const took_ms = performance.now() - began;
      await learn_names([...asked.likes, ...(asked.similar ? [asked.similar] : [])]);
      if (signal.aborted) return;
      show_likes();
      show_answer(found, took_ms);
    }
  } catch (error) {
    if (signal.aborted) return;
    show_error(error);
  } finally {
    clearTimeout(slow);
  }
  if (focus) $("heading").focus({ preventScroll: y !== undefined });
  if (y !== undefined) scrollTo(0, y);
}

// ---- The models

async function take_info(signal) {
  info = null;
  names.clear();
  const found = await call(of_model("info"), null, signal);
  info = { ...found, model: asked.model };
  show_columns();
  show_orders();
}

// Asks for the models, then for what the address says.
//   focus  see answer()
async function start(focus) {
  $("token").hidden = true;
  asked = read_address();
  show_asked();
  try {
    models = (await call("")).models.map((model) => model.name);
  } catch (error) {
    return show_error(error);
  }
  $("model").replaceChildren(...models.map((name) => node("option", { value: name }, name)));
  $("model").disabled = models.length < 2;
  if (models.length > 0 && (asked.model === "" || models.includes(asked.model))) {
    asked.model = asked.model || models[0];
    $("model").value = asked.model;
    return answer(focus);
  }
  show_no_model();
  if (focus) $("heading").focus();
}

function show_no_model() {
  clear(models.length === 0 ? "No model" : "No such model");
  if (models.length === 0)
    notice(false, "The server has no model yet.", node("p", {}, "Start it with an index: ", node("code", {}, "millrace serve movies.index")), button("Look again", () => start(true)));
  else
    notice(true, `The server has no model ${quote(asked.model)}; it has ${models.map(quote).join(", ")}.`, button(`Go on with ${quote(models[0])}`, () => go({ model: models[0], order: "" }, true)));
  $("status").textContent = $("notice").textContent;
}

$("token").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("token-text").value);
  $("token-text").value = "";
  start(true);
});
addEventListener("popstate", (event) => {
  if (location.search === shown) return;  // the skip link
  const model = asked.model;
  asked = read_address();
  asked.model = asked.model || models[0] || model;
  close_options();
  show_asked();
  answer(true, event.state?.y ?? 0);
});
document.querySelector("h1 a").addEventListener("click", (event) => {
  event.preventDefault();
  box.value = "";
  go({ mode: "user", user: "", likes: [], similar: "", filter: "", k: 10, seen: false, diverse: false, order: "" });
  box.focus();
});

start(false);
