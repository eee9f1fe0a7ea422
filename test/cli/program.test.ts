import assert from 'node:assert/strict';
import { test } from 'node:test';

import { COMMAND_GROUPS } from '../../src/cli/define/commands.js';
import type { CommandEntry } from '../../src/cli/define/entry.js';
import { helpPage } from '../../src/cli/define/help-page.js';
import { runProgram } from '../../src/cli/program.js';
import { RegError } from '../../src/errors.js';

const ENTRIES = COMMAND_GROUPS.flatMap(({ commands }) => commands);

/** The names that lead to each command, with what the table says of it. */
function paths(
  entries: readonly CommandEntry[],
  above: readonly string[] = [],
): readonly (readonly [string, CommandEntry])[] {
  return entries.flatMap((entry) => {
    const path = [...above, entry.name];
    return [[path.join(' '), entry], ...('commands' in entry ? paths(entry.commands, path) : [])];
  });
}

/** What a command line prints that runs nothing. */
async function printed(...args: readonly string[]): Promise<string> {
  const texts: string[] = [];
  const stdout = { write: (text: string | Uint8Array) => void texts.push(String(text)) };
  await runProgram(args, { stdout, run: () => assert.fail('nothing is to be run') });
  return texts.join('');
}

test('The help names every command, each with one line, and each command has a page with examples', async () => {
  const page = helpPage();
  assert.ok(!/.{81}/.test(page));
  for (const { name } of ENTRIES) assert.match(page, new RegExp(`^  ${name} `, 'm'));
  for (const [path, entry] of paths(ENTRIES)) {
    const help = await printed(...path.split(' '), '--help');
    assert.match(entry.summary, /^[a-z].{0,61}[^.]$/, path);
    assert.ok(help.startsWith(`Usage: reg ${path} [options]`), path);
    assert.ok(!/.{81}/.test(help), `${path}: lines of at most 80 characters`);
    assert.equal(await printed('help', ...path.split(' ')), help);
    assert.match(help, new RegExp(`Examples:\n  \\$ (?:.* \\| )?reg ${path}`), path);
    if ('commands' in entry) continue;
    assert.match(help, /^ {2}--debug {2,}explain on stderr/m, path);
  }
});

test('Options that many commands have stand in the same order in each', async () => {
  const order =
    'platform output no-clobber expect-digest dry-run store quiet json format progress debug help'.split(' ');
  for (const [path] of paths(ENTRIES)) {
    const help = await printed(...path.split(' '), '--help');
    const names = [...help.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, name = '']) => name);
    const shared = names.filter((name) => order.includes(name));
    assert.deepEqual(
      shared,
      order.filter((name) => shared.includes(name)),
      path,
    );
  }
});

test('A command that only holds others shows them, and says so where none of them is named', async () => {
  assert.match(await printed('auth', '--help'), /^Commands:\n  get {2,}print the login/m);
  const cases: readonly (readonly [readonly string[], string, string])[] = [
    [['auth'], 'a command is missing', 'Run "reg auth --help".'],
    [['auth', 'gett'], 'unknown command "gett". Did you mean "get"?', 'Run "reg auth --help".'],
    [['auth', 'login'], 'unknown command "login". Did you mean "reg login"?', 'Run "reg auth --help".'],
    [
      ['index', 'rm', 'x'],
      'unknown command "rm". Did you mean "reg index remove"?',
      'Run "reg index --help".',
    ],
    [['list'], 'unknown command "list". Did you mean "images" or "tags"?', 'Run "reg --help".'],
    [['auth', 'get', '--ajax', 'x'], 'unknown option "--ajax"', 'Run "reg auth get --help".'],
    [['help', 'nix'], 'unknown command "nix"', 'Run "reg --help".'],
    [['hepl'], 'unknown command "hepl". Did you mean "help"?', 'Run "reg --help".'],
    [['--versio'], 'unknown option "--versio". Did you mean "--version"?', 'Run "reg --help".'],
    [['--', 'pull'], 'a command is missing', 'Run "reg --help".'],
  ];
  for (const [args, message, hint] of cases) {
    const error: unknown = await printed(...args).catch((reason: unknown) => reason);
    assert.ok(error instanceof RegError, args.join(' '));
    assert.deepEqual([error.code, error.message, error.context.hint], ['INVALID_ARGUMENT', message, hint]);
  }
});

test('Every command that prints JSON prints what a template makes of it, too', async () => {
  for (const [path] of paths(ENTRIES)) {
    const help = await printed(...path.split(' '), '--help');
    assert.equal(help.includes(' --format <template> '), help.includes(' --json '), path);
  }
});
