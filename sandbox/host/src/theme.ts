/** The light and dark switch. The state stands on <html>, where the bridge watches it and tells the add-ons. */

export type ColourMode = "light" | "dark";

export function currentMode(): ColourMode {
  return document.documentElement.dataset["colorMode"] === "dark" ? "dark" : "light";
}

export function setMode(mode: ColourMode): void {
  document.documentElement.dataset["colorMode"] = mode;
  // The server draws the next page in it from the start, which spares a flash of the other one.
  document.cookie = `sandbox_theme=${mode}; path=/; max-age=31536000; SameSite=Lax`;
}

export function watchSwitch(button: HTMLButtonElement): void {
  const show = () => {
    const next = currentMode() === "dark" ? "light" : "dark";
    button.textContent = next === "dark" ? "Dark theme" : "Light theme";
    button.setAttribute("aria-label", `Switch to the ${next} theme`);
  };
  button.addEventListener("click", () => {
    setMode(currentMode() === "dark" ? "light" : "dark");
    show();
  });
  show();
}
