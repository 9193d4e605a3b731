// An address may name a heading: until whoever reads takes over, the page keeps it in view while charts above it grow.
// What scrolls sideways is reached by Tab, and scrolled by the arrow keys, in every browser. And the menu of a phone is
// a list that holds other things than its items: each section becomes a list by itself, with its name. Where the server
// has let go of a page because the sign-in has ended, the page is loaded again, and is the one to sign in.
(() => {
  if (window.outcomesMarkup) return;
  const say = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    }
  };
  const mend = () => {
    if (sought) document.getElementById(sought)?.scrollIntoView();
    for (const wide of document.querySelectorAll('[class*="st-key-wide-"]')) {
      if (wide.scrollWidth > wide.clientWidth) {
        say(wide, {tabindex: "0", role: "group", "aria-label": "Scrolls sideways"});
      } else if (wide.hasAttribute("tabindex")) {
        for (const name of ["tabindex", "role", "aria-label"]) wide.removeAttribute(name);
      }
    }
    for (const items of document.querySelectorAll('[data-testid="stSidebarNavItems"]')) {
      const sections = items.querySelectorAll(":scope > div");
      if (!sections.length) continue;
      say(items, {role: "none"});
      for (const section of sections) {
        const header = section.querySelector('[data-testid="stNavSectionHeader"]');
        say(section, {role: "list", "aria-label": header?.innerText.split("\n")[0] ?? ""});
      }
    }
  };
  let isLetGo = false;
  const look = async () => {
    const state = document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState;
    if (!state || state === "CONNECTED" || isLetGo) return;
    isLetGo = true;
    const answer = await fetch(location.pathname, {method: "HEAD", cache: "no-store"}).catch(() => null);
    isLetGo = [401, 403].includes(answer?.status);
    if (isLetGo) location.reload();
  };
  setInterval(look, 2000);
  let sought = decodeURIComponent(location.hash.slice(1));
  for (const act of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    window.addEventListener(act, () => { sought = ""; }, {once: true, passive: true});
  }
  setTimeout(() => { sought = ""; }, 20000);
  let isAsked = false;
  const later = () => {
    if (isAsked) return;
    isAsked = true;
    setTimeout(() => { isAsked = false; mend(); }, 100);
  };
  window.outcomesMarkup = new MutationObserver(later);
  window.outcomesMarkup.observe(document.body, {childList: true, subtree: true});
  window.addEventListener("resize", later);
  later();
})();
