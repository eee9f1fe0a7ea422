/** How Node finds and reads the TypeScript that `compile.js` has compiled: customization hooks, see `node:module`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(import.meta.dirname));

/** Holds what is compiled, and nothing else. */
export const compiledFolder = join(root, 'node_modules', '.cache', 'reg-tests');

/** Where the compiled form of a `.ts` file is. */
export function compiledPath(path) {
  return join(compiledFolder, relative(root, path).replace(/ts$/, 'js'));
}

/** What a `.ts` file imports as `./digest.js` lies beside it as `digest.ts`. */
export function resolve(specifier, context, next) {
  if (!specifier.startsWith('.') || !specifier.endsWith('.js') || !isTypeScript(context.parentURL ?? ''))
    return next(specifier, context);
  const { href } = new URL(specifier.replace(/js$/, 'ts'), context.parentURL);
  return existsSync(fileURLToPath(href)) ? { url: href, shortCircuit: true } : next(specifier, context);
}

export function load(url, context, next) {
  if (!isTypeScript(url)) return next(url, context);
  return { format: 'module', source: readFileSync(compiledPath(fileURLToPath(url))), shortCircuit: true };
}

function isTypeScript(url) {
  return url.startsWith('file:') && url.endsWith('.ts');
}
