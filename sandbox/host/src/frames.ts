/** Puts add-on pages into the page by the host's noDom way, and fits the frames to what is in them. */

import { connectHost, type Extension } from "./connect";

/** Fills a slot that the server prepared: `<div data-addon-key data-module-key data-url ...>`. */
export function mountSlot(slot: HTMLElement): void {
  const { addonKey = "", moduleKey = "", url = "", title = "", issueId, issueKey } = slot.dataset;
  const isFullPage = slot.dataset["fullPage"] !== undefined;
  const extension: Extension = {
    addon_key: addonKey,
    key: moduleKey,
    url,
    options: {
      autoresize: true,
      isFullPage,
      hostOrigin: location.origin,
      productContext: issueId && issueKey ? { issueId, issueKey } : {},
    },
  };
  slot.append(createFrame(extension, title));
}

export function createFrame(extension: Extension, title: string): HTMLIFrameElement {
  const { iframeAttributes } = connectHost.createExtension(extension);
  const frame = document.createElement("iframe");
  // The script takes over the name and id: they are how the frame is known to the bridge.
  for (const [name, value] of Object.entries(iframeAttributes)) {
    if (value != null) frame.setAttribute(name, String(value));
  }
  frame.title = title;
  frame.referrerPolicy = "no-referrer";
  frame.className = "addon-frame";
  return frame;
}

export function fitFrames(): void {
  connectHost.registerProvider("addon", {
    resize: (_width: unknown, height: unknown, { extension_id }: { extension_id: string }) => {
      const frame = document.getElementById(extension_id);
      const pixels = inPixels(height);
      if (frame && pixels !== null) frame.style.height = `${pixels}px`;
    },
    sizeToParent: (_hideFooter: unknown, { extension_id }: { extension_id: string }) => {
      const frame = document.getElementById(extension_id);
      if (frame) frame.style.height = `${Math.max(300, window.innerHeight - frame.getBoundingClientRect().top)}px`;
    },
    registerUnmountCallback: () => undefined,
  });
}

/** The bridge sends "100%", 87.375 and "195px"; a share of the height means nothing here. */
function inPixels(height: unknown): number | null {
  if (typeof height === "string" && height.endsWith("%")) return null;
  const pixels = parseFloat(String(height));
  return Number.isFinite(pixels) ? Math.ceil(pixels) : null;
}
