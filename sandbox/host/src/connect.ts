/** What is used of Atlassian's connect-host.js, which comes without types. */

export interface Extension {
  addon_key: string;
  key: string;
  url: string;
  options: ExtensionOptions;
}

export interface ExtensionOptions {
  autoresize?: boolean;
  isFullPage?: boolean;
  isDialog?: boolean;
  dialogId?: string;
  hostOrigin?: string;
  productContext?: Record<string, string>;
}

/** Who calls: found on the callback, which is always the last argument. */
export interface CallContext {
  extension_id: string;
  extension: Extension;
}

export type Callback = ((...values: unknown[]) => void) & { _context: CallContext };

type Method = (...args: never[]) => unknown;

interface ConnectHost {
  createExtension(extension: Extension): { iframeAttributes: Record<string, string | number | null> };
  defineModule(name: string, methods: Record<string, Method>): void;
  defineModule(methods: Record<string, Method>): void;
  registerProvider(name: string, provider: unknown): void;
  getProvider(name: string): Record<string, (...args: unknown[]) => unknown> | undefined;
  getFrameworkAdaptor(): {
    registerModule(
      module: { getModuleRegistrationName(): string; isEnabled(): boolean; getProvider(): unknown },
      properties: object,
    ): void;
  };
}

export const connectHost = (window as unknown as { connectHost: ConnectHost }).connectHost;

/** A method of a host module: arguments as the add-on gave them, and who called. The add-on gets the promise's
 * value. A method that throws before it returns would leave the add-on waiting for ever, so none can. */
export function answering(work: (args: unknown[], caller: CallContext) => unknown): Method {
  const method = (...args: unknown[]): Promise<unknown> => {
    const callback = args.pop() as Callback;
    return new Promise((resolve) => resolve(work(args, callback._context)));
  };
  return Object.assign(method, { returnsPromise: true });
}

/** A method that hands its value to a callback and to nothing else, as `AP.getLocation(callback)` does. */
export function calling(work: (caller: CallContext) => unknown): Method {
  return (...args: unknown[]): void => {
    const callback = args.pop() as Callback;
    try {
      callback(work(callback._context));
    } catch (thrown) {
      console.error(thrown);
      callback();
    }
  };
}

/** Takes the place of a piece of Jira's own interface (flags, dialogs). */
export function provide(name: string, provider: unknown): void {
  connectHost
    .getFrameworkAdaptor()
    .registerModule({ getModuleRegistrationName: () => name, isEnabled: () => true, getProvider: () => provider }, {});
}
