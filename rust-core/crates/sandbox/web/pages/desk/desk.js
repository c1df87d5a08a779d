// Follows a registration on the page of the registration authority.
const byId = (id) => document.getElementById(id);

/** Shows what came, and keeps the keyboard where it was. */
function show(progress, news) {
  // Of no use once it was opened, and in the way of the code.
  if (news.state !== "issued") byId("link")?.remove();
  const focused = document.activeElement?.id;
  const parsed = new DOMParser().parseFromString(news.html, "text/html");
  progress.replaceChildren(...parsed.body.childNodes);
  if (focused) byId(focused)?.focus();
  byId("announcement").textContent = news.trouble ? `${news.heading}. ${news.trouble}.` : news.heading;
}

/** Follows from the event on that the page has seen last. */
function follow(progress, seen) {
  const address = `/desk/registrations/${progress.dataset.registration}/events?after=${seen}`;
  const events = new EventSource(address);
  events.addEventListener("message", (event) => {
    const news = JSON.parse(event.data);
    seen = event.lastEventId;
    show(progress, news);
    if (news.over) events.close();
  });
  // A stream ends after a while and the next one begins: once is nothing to worry about.
  let failures = 0;
  events.addEventListener("open", () => {
    failures = 0;
    byId("connection").hidden = true;
  });
  events.addEventListener("error", () => {
    failures += 1;
    const gone = events.readyState === EventSource.CLOSED;
    if (gone || failures > 1) byId("connection").hidden = false;
    // The answer was no stream: then the browser does not ask again by itself.
    if (gone) setTimeout(async () => ((await isLost(address)) ? location.reload() : follow(progress, seen)), 1000);
  });
}

/** Whether no stream will come any more: nobody is signed in, or there is nothing to follow. */
async function isLost(address) {
  try {
    const answer = await fetch(address, { headers: { accept: "text/event-stream" } });
    answer.body?.cancel();
    return [204, 401, 403, 404].includes(answer.status);
  } catch {
    return false;
  }
}

/** Warns in time before the session ends, which the page's own requests do not keep. */
function warn(idle) {
  const NOTICE = 180;
  const show = () => (idle.hidden = false);
  let timer;
  const wait = () => {
    idle.hidden = true;
    clearTimeout(timer);
    timer = setTimeout(show, (Number(idle.dataset.seconds) - NOTICE) * 1000);
  };
  byId("stay").addEventListener("click", async () => {
    try {
      const answer = await fetch("/session", { headers: { accept: "application/json" } });
      // Too late: the page asks for the sign-in, and comes back.
      if (answer.status === 401) location.reload();
      else if (answer.ok) wait();
    } catch {
      byId("connection").hidden = false;
    }
  });
  wait();
}

const idle = byId("idle");
if (idle) warn(idle);

const progress = byId("progress");
if (progress && progress.dataset.over !== "true") follow(progress, progress.dataset.last);

// The link is on the first showing of its page alone: loaded again, the page must not make another.
if (progress && byId("link")) history.replaceState(null, "", `/desk/registrations/${progress.dataset.registration}`);

const copy = byId("copy");
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(byId("link-text").value);
      byId("copied").textContent = "Copied.";
    } catch {
      byId("link-text").select();
      byId("copied").textContent = "The browser does not copy by itself. The link is selected: press Ctrl and C.";
    }
  });
}
