/**
 * Rules that no type can hold anybody to: what may be done in one place only, so that nothing goes around the code that
 * keeps a rule there. Beside these the floors' check knows the one home of each package (.dependency-cruiser.mjs).
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

interface Rule {
  /** What is ruled, as a sentence. */
  readonly title: string;
  /** How it looks in the code. */
  readonly pattern: RegExp;
  /** Where it may stand. */
  readonly places: readonly RegExp[];
}

const RULES: readonly Rule[] = [
  {
    title:
      'the standard output and error are written to only by what makes text safe, or writes words of ours',
    pattern: /\b(?:stdout|stderr|screen|io\.\w+|stream)\.write\(/,
    places: [
      /^cli\/(?:output\/output|session|input\/prompt|program|run)\.ts$/,
      /^cli\/progress\/(?:plain|painter|silent|json)\.ts$/,
      // A tar that goes to the standard output is bytes, and no text.
      /^tar\/target\.ts$/,
      // Runs in a process of its own and speaks to the one that started it, over pipes.
      /^credentials\/keychain\.ts$/,
      // Speaks to docker, as credential helpers do.
      /^cli\/credential-helper\.ts$/,
    ],
  },
  {
    title: 'nothing prints by way of the console, and only one file knows the streams of the process',
    pattern: /\bconsole\.|\bprocess\.std(?:in|out|err)\b/,
    places: [/^cli\/io\.ts$/],
  },
  {
    title: 'text reaches a terminal through the cleaning of lines, JSON, templates or errors',
    pattern:
      /(?:stdout|screen)\.write\((?!`\$\{(?:cleanLine|safeJson|hide)|SHOW_CURSOR|bytes\)|text\)|filledIn\(|`\$\{line\}\\n`)/,
    places: [
      // What speaks to its parent by a pipe, and to no terminal.
      /^credentials\/keychain\.ts$/,
      /^cli\/credential-helper\.ts$/,
      // The version and the help, which are words of ours.
      /^cli\/run\.ts$/,
    ],
  },
  {
    title: 'HTTP is spoken in one place for registries, one for proxies, one for engines; the server listens',
    pattern:
      /^(?!import type|import \{(?: type \w+,?)+ \} from).*(?:from|import\()\s*'(?:undici|node:https?)'|\bfetch\(['"`]/,
    places: [
      /^registry\/(?:http\/(?:exchange|connection-pool|wire-error)|net\/tunnel)\.ts$/,
      /^engine\/exchange\.ts$/,
      /^server\/server\.ts$/,
    ],
  },
  {
    title: 'connections are made by the dialer',
    pattern: /\bconnect\(\{|createConnection\(|new Socket\(/,
    places: [/^registry\/(?:net\/dial|http\/connection-pool)\.ts$/],
  },
  {
    title: 'redirects are followed in one place',
    pattern: /header\('location'\)/,
    places: [/^registry\/http\/redirect\.ts$/, /^registry\/upload\/session\.ts$/],
  },
  {
    title: 'an Authorization header is put into a request where it is decided on',
    pattern: /headers: \{[^}]*\bauthorization\b|'(?:proxy-)?authorization':/,
    // The third only says which headers nobody may add.
    places: [/^registry\/http\/redirect\.ts$/, /^registry\/net\/proxy\.ts$/, /^config\/header\.ts$/],
  },
  {
    title: 'other programs are run in one place, and never by a shell',
    pattern: /'node:child_process'|shell: true/,
    places: [/^credentials\/run-program\.ts$/],
  },
  {
    title: 'trying again is one place’s business',
    pattern: /\bclock\.random\(/,
    places: [/^content\/retry\.ts$/, /^disk\/lock\.ts$/],
  },
  {
    title: 'what is unpacked is put on the disk in one place, which follows no link',
    pattern: /\b(?:f|l)?ch(?:own|mod)Sync\(|\b(?:f|l)?utimesSync\(|\bsymlinkSync\(|\blinkSync\(/,
    places: [
      /^rootfs\/disk-(?:tree|calls)\.ts$/,
      // Lets its owner into folders that are to be removed.
      /^rootfs\/target\.ts$/,
      // The store notes in the times of a blob that it was verified.
      /^layout\/blobs\.ts$/,
    ],
  },
  {
    title: 'links of an image are followed in the root as it is now, or in a view of it in memory',
    pattern: /\breadlink(?:Sync)?\(|\.target\.(?:split|startsWith)\(/,
    places: [
      /^rootfs\/(?:resolve|disk-tree)\.ts$/,
      // These are links of this disk, which are kept as they are, or name a process.
      /^tar\/folder\.ts$/,
      /^disk\/owner\.ts$/,
    ],
  },
  {
    title: 'JSON from outside is read strictly',
    pattern: /\bJSON\.parse\(/,
    places: [
      /^spec\/json\.ts$/,
      // Files of our own, and texts that need not be JSON at all.
      /^disk\/claim\.ts$/,
      /^cli\/(?:package|source-map)\.ts$/,
      /^credentials\/helper-reason\.ts$/,
      // Progress of an engine on this machine, of which only a message is taken.
      /^engine\/exchange\.ts$/,
    ],
  },
];

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({
    name: name.replaceAll('\\', '/'),
    lines: readFileSync(join(SRC, name), 'utf8').split('\n'),
  }));

for (const { title, pattern, places } of RULES) {
  test(title, () => {
    const found = files.flatMap(({ name, lines }) =>
      lines.flatMap((line, at) =>
        pattern.test(line) && !/^\s*(?:\*|\/\/|\/\*)/.test(line)
          ? [{ name, where: `${name}:${at + 1}: ${line.trim()}` }]
          : [],
      ),
    );
    const wrong = found.filter(({ name }) => !places.some((place) => place.test(name)));
    assert.deepEqual(
      wrong.map(({ where }) => where),
      [],
    );
    // A place that needs its leave no longer should not keep it, and a pattern that finds nothing rules nothing.
    const unused = places.filter((place) => !found.some(({ name }) => place.test(name)));
    assert.deepEqual(unused, []);
  });
}
