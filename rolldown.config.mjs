/**
 * `rolldown -c` bundles the command line into `dist/cli`, for bin/reg.js: what is loaded together lies in one file, and what few
 * commands need lies in files of its own. CommonJS, which Node starts sooner than ES modules. The library is not bundled.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { RolldownMagicString } from 'rolldown';

/** Each file that is named here holds these modules, and all that they import and no file before it holds. */
const files = [
  { name: 'main', test: /rolldown[\\/]runtime|src[\\/]cli[\\/]main\.ts$/ },
  // With what the commands take that are asked for most.
  {
    name: 'program',
    test: /src[\\/]cli[\\/](run|program|flags[\\/]flags|define[\\/](act|look|transfer))\.ts$/,
  },
  {
    name: 'registry',
    // `style` and `watched` because both who looks and who pulls has them, and neither needs the other's file.
    test: /src[\\/](cli[\\/](open[\\/]connection|output[\\/]style|commands[\\/](digest|tags))|content[\\/]watched)\.ts$/,
  },
  { name: 'toml', test: /node_modules[\\/]smol-toml[\\/]/ },
  {
    name: 'look',
    test: /src[\\/]cli[\\/]commands[\\/](inspect|manifest|config|history|layers|size|tree|referrers|diff|attestations)\.ts$/,
  },
  { name: 'domains', test: /node_modules[\\/]tldts[\\/]/ },
  {
    name: 'images',
    test: /src[\\/]cli[\\/](open[\\/]local-store|progress[\\/]create|commands[\\/](pull|push|images|tag|rmi|verify|prune))\.ts$/,
  },
];

/** commander can start programs as its subcommands. Ours has none, and `node:child_process` takes time to load. */
const withoutSubprograms = {
  name: 'without-subprograms',
  resolveId(id, importer) {
    if (id === 'node:child_process' && /[\\/]commander[\\/]/.test(importer ?? '')) return '\0no-subprograms';
    return undefined;
  },
  load(id) {
    return id === '\0no-subprograms' ? 'export {};' : undefined;
  },
};

/** Those of Node's own modules that take time to load, and that many a command names and never gets to use. */
const LATE =
  /(?<=^let (?<name>\w+) = )require\("node:(?:crypto|fs\/promises|module|os|stream\/promises|timers\/promises|v8|vm|worker_threads|zlib)"\)/gm;

const RUNTIME = 'const require_rolldown_runtime = require("./rolldown-runtime.cjs");';

/**
 * Loads each of those when something in it is first used: `import` would do so as soon as somebody names it. What is
 * imported by name is found so; `import * as` makes a copy of what there is, which would be empty.
 */
const withLateModules = {
  name: 'with-late-modules',
  renderChunk(code) {
    const late = new RolldownMagicString(code);
    for (const { 0: load, index, groups } of code.matchAll(LATE)) {
      if (isCopied(groups.name, code)) throw new Error(`can be imported by name only: ${load}`);
      const module = `((module) => new Proxy({}, { get: (_, key) => (module ??= ${load})[key] }))()`;
      late.overwrite(index, index + load.length, module);
    }
    // Named by the bundler also where nothing of it is used.
    if (!code.includes('require_rolldown_runtime.')) late.replace(RUNTIME, '');
    return late.hasChanged()
      ? { code: late.toString(), map: late.generateMap({ hires: 'boundary' }) }
      : undefined;
  },
};

/** Whether the module `name` is used by way of a copy in its place; only what it exports by default is itself there, too. */
function isCopied(name, code) {
  return code.includes(`\n${name} = `) && new RegExp(`\\b${name}\\.(?!default\\b)`).test(code);
}

/** Writes the licences of the packages whose code is in the bundle beside it, where they have to be. */
const withNotices = {
  name: 'with-notices',
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
    const folders = new Set(
      modules.flatMap((id) => /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0] ?? []),
    );
    const source = [...folders]
      .sort()
      .map(noticeOf)
      .join(`\n${'-'.repeat(80)}\n\n`);
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source });
  },
};

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence text to put into the bundle`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}

/** What a file of the bundle is called that no group names: by its package, or by the folder and the name of its source. */
function nameFor(facade) {
  const [, name] = /[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(facade) ?? [];
  const [, folder] = /([^\\/]+)[\\/][^\\/]+$/.exec(facade) ?? [];
  return name?.replace(/[\\/]/g, '-') ?? (folder === undefined ? '[name]' : `${folder}-[name]`);
}

export default {
  input: {
    main: 'src/cli/main.ts',
    'credential-helper': 'src/cli/credential-helper.ts',
    'hash-worker': 'src/disk/hash-worker.ts',
  },
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  plugins: [withoutSubprograms, withLateModules, withNotices],
  output: {
    dir: 'dist/cli',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: ({ facadeModuleId }) => `${nameFor(facadeModuleId ?? '')}.cjs`,
    // Else what imports Node's own modules late would bring its loader of ES modules, too.
    dynamicImportInCjs: false,
    // Half of the bytes to read and compile. The maps are for us: `--debug` translates by them.
    minify: true,
    sourcemap: true,
    cleanDir: true,
    codeSplitting: { groups: files.map((file, at) => ({ ...file, priority: files.length - at })) },
  },
};
