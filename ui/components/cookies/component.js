// Writes the token of this browser's workspace to a cookie, so that it is found again after a refresh.
const CHECKS = [300, 1500, 4000]; // ms: of two tabs that both found no cookie, the later write wins; the other tab must notice

function cookie(name) {
  const parts = document.cookie.split("; ").map((part) => part.split("="));
  return (parts.find((part) => part[0] === name) || ["", ""])[1];
}

function write(name, value, seconds) {
  const secure = window.location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${seconds}; samesite=strict${secure}`;
}

let newest; // Streamlit calls again with new data and does not clean up after the call before: an older one must not write

export default function ({ data, setTriggerValue }) {
  const call = (newest = {});
  let reported = false;
  const check = () => {
    if (call !== newest) return;
    const found = cookie(data.name);
    if (!/^[0-9a-f]{32}$/.test(found)) {
      write(data.name, data.token, data.seconds);
    } else if (found !== data.token) {
      if (!reported) setTriggerValue("found", found);
      reported = true;
      return;
    }
    for (const [name, value] of Object.entries(data.others)) write(name, value, data.seconds);
  };
  check();
  const timers = CHECKS.map((ms) => window.setTimeout(check, ms));
  return () => timers.forEach((timer) => window.clearTimeout(timer));
}
