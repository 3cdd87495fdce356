/**
 * Bundles the browser code: `node static/build.mjs`.
 *
 * - `static/dist/`: the app's own pages, named by their content, with `manifest.json` from plain name to real one.
 * - `sandbox/host/dist/`: what a sandbox site serves to play Jira: its host script, Atlassian's connect-host.js,
 *   the bridge for add-on pages, and Atlassian's themes. All of it comes from node_modules; none is committed.
 */
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pagesOut = join(root, "static/dist");
const hostOut = join(root, "sandbox/host/dist");
const bridge = join(root, "node_modules/atlassian-connect-js");

const panelBudget = 40 * 1024;

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "eof",
  logLevel: "warning",
};

/** Writes into a fresh folder beside `out`, then swaps it in: a page being served never sees half a build.
 * @param {string} out
 * @param {(folder: string) => Promise<void>} fill
 */
async function freshly(out, fill) {
  const next = `${out}.next`;
  await rm(next, { recursive: true, force: true });
  await mkdir(next, { recursive: true });
  await fill(next);
  await rm(out, { recursive: true, force: true });
  await rename(next, out);
}

/** @param {string} folder */
async function buildPages(folder) {
  const result = await build({
    ...common,
    entryPoints: ["panel", "teams", "administration"].map((page) => ({
      in: `static/src/${page}/index.tsx`,
      out: page,
    })),
    entryNames: "[name]-[hash]",
    outdir: folder,
    metafile: true,
  });
  /** @type {Record<string, string>} */
  const manifest = {};
  for (const file of Object.keys(result.metafile.outputs).sort()) {
    const name = basename(file);
    manifest[name.replace(/-[A-Z0-9]{8}(?=\.(js|css)$)/, "")] = name;
  }
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
  await weigh(folder, manifest);
}

/** Prints the weight of each file; a panel over its budget fails the build, because every issue view pays for it.
 * @param {string} folder
 * @param {Record<string, string>} manifest
 */
async function weigh(folder, manifest) {
  for (const [plain, name] of Object.entries(manifest)) {
    const bytes = await readFile(join(folder, name));
    const gzipped = gzipSync(bytes, { level: 9 }).length;
    console.log(`${plain.padEnd(20)} ${kilobytes(bytes.length)} ${kilobytes(gzipped)} gzipped`);
    if (plain === "panel.js" && gzipped > panelBudget) {
      throw new Error(`panel.js weighs ${gzipped} bytes gzipped; its budget is ${panelBudget}`);
    }
  }
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1024).toFixed(1)} KB`.padStart(9);
}

/** @param {string} folder */
async function buildSandboxHost(folder) {
  await build({
    ...common,
    entryPoints: [
      { in: "sandbox/host/src/ajs.ts", out: "ajs" },
      { in: "sandbox/host/src/host.ts", out: "host" },
      { in: "sandbox/host/src/jira.css", out: "jira" },
    ],
    outdir: folder,
  });
  await copyFile(join(bridge, "dist/connect-host.js"), join(folder, "connect-host.js"));
  await copyFile(join(bridge, "LICENSE"), join(folder, "connect-host.LICENSE"));
  await copyFile(join(bridge, "dist/surfaces.css"), join(folder, "surfaces.css"));
  await copyFile(join(bridge, "dist/legacy-text-colors.css"), join(folder, "legacy-text-colors.css"));
  await mkdir(join(folder, "themes"));
  for (const theme of await readdir(join(bridge, "dist/themes"))) {
    await copyFile(join(bridge, "dist/themes", theme), join(folder, "themes", theme));
  }
  await writeFile(join(folder, "all.js"), await addOnBridge());
}

/**
 * Atlassian's iframe.js as a sandbox site serves it under /atlassian-connect/all.js. Two lines differ, so that
 * themes come from the site that served the script and not from Atlassian's network; a footer follows, for the calls
 * whose callbacks sit inside an object, which cannot cross the frame's border.
 */
async function addOnBridge() {
  const script = await readFile(join(bridge, "dist/iframe.js"), "utf8");
  const footer = await build({ ...common, entryPoints: ["sandbox/host/src/bridge-footer.ts"], write: false });
  const licence = (await readFile(join(bridge, "LICENSE"), "utf8")).trim();
  const replaced = [
    ['var CDN_DOMAIN = "connect-cdn.atl-paas.net";', "var CDN_DOMAIN = new URL(document.currentScript.src).host;"],
    [
      'var CDN_URL = "https://" + CDN_DOMAIN;',
      'var CDN_URL = new URL(".", document.currentScript.src).href.slice(0, -1);',
    ],
  ].reduce((text, [from, to]) => replaceOnce(text, /** @type {string} */ (from), /** @type {string} */ (to)), script);
  return [
    "/*!",
    " * dist/iframe.js of npm atlassian-connect-js, changed by Worklog Vault's sandbox: the address of the themes",
    " * is that of the server of this file (CDN_DOMAIN, CDN_URL), and a footer is appended. The licence:",
    ...licence.split("\n").map((line) => ` * ${line}`.trimEnd()),
    " */",
    replaced,
    "/* The footer of Worklog Vault's sandbox. */",
    footer.outputFiles.map(({ text }) => text).join(""),
  ].join("\n");
}

/** @param {string} text @param {string} from @param {string} to */
function replaceOnce(text, from, to) {
  const found = text.split(from).length - 1;
  if (found !== 1) {
    throw new Error(`iframe.js contains ${JSON.stringify(from)} ${found} times, expected once: look at its new version`);
  }
  return text.replace(from, to);
}

await freshly(pagesOut, buildPages);
await freshly(hostOut, buildSandboxHost);
console.log(`built ${relative(root, pagesOut)} and ${relative(root, hostOut)}`);
