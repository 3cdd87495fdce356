/** Jira's dialogs with an add-on's page inside, one at a time. */

import type { Extension } from "./connect";
import { createFrame } from "./frames";
import { signedUrl } from "./page";

interface Options {
  id: string;
  header?: string;
  width?: string | number;
  height?: string | number;
}

let open: { element: HTMLDialogElement; addonKey: string } | null = null;

function close(): void {
  open?.element.remove();
  open = null;
}

export const dialogs = {
  create(options: Options, caller: Extension): void {
    close();
    const element = document.createElement("dialog");
    element.className = "jira-dialog";
    if (options.header) {
      const heading = document.createElement("h2");
      heading.textContent = options.header;
      element.append(heading);
    }
    // The bridge calls `close` without its object, so nothing here may depend on one.
    element.addEventListener("close", close);
    document.body.append(element);
    element.showModal();
    open = { element, addonKey: caller.addon_key };
    void fill(element, options, caller);
  },
  close,
  isActiveDialog: (addonKey: string) => open?.addonKey === addonKey,
  createButton: () => undefined,
  setButtonDisabled: () => undefined,
  isButtonDisabled: () => false,
  setButtonHidden: () => undefined,
  isButtonHidden: () => true,
  toggleButton: () => undefined,
};

/** The bridge hands over the dialog's module without its address. */
async function fill(element: HTMLDialogElement, options: Options, caller: Extension): Promise<void> {
  const productContext = caller.options.productContext ?? {};
  try {
    const url = await signedUrl(caller.addon_key, caller.key, productContext["issueKey"] ?? "");
    const extension: Extension = {
      ...caller,
      url,
      options: {
        productContext,
        autoresize: true,
        hostOrigin: location.origin,
        isDialog: true,
        dialogId: options.id,
      },
    };
    element.append(createFrame(extension, options.header ?? "Dialog"));
  } catch (thrown) {
    console.error(thrown);
    close();
  }
}
