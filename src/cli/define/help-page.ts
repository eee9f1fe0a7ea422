/** The page of `reg --help`, made of names and summaries alone, so that no command is loaded for it. */

import { COMMAND_GROUPS } from './commands.js';

/** Lines of at most 80 characters. */
export function helpPage(): string {
  const groups = COMMAND_GROUPS.flatMap(({ title, commands }) => [
    '',
    `${title}:`,
    ...commands.map(({ name, summary }) => row(name, summary)),
  ]);
  const lines = [
    'Usage: reg [options] [command]',
    '',
    'Pull, push, inspect and change container images: no engine, no root.',
    '',
    'Options:',
    row('-v, --version', 'show the versions of reg and Node'),
    row('-h, --help', 'show help'),
    ...groups,
    row('help', 'show help for a command'),
    '',
    'Examples:',
    '  $ reg pull nginx',
    '  $ reg push ghcr.io/owner/app:1.0',
    '  $ reg login ghcr.io',
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function row(term: string, meaning: string): string {
  return `  ${term.padEnd(13)}  ${meaning}`;
}
