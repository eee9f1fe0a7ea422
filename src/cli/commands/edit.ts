/** `reg edit` */

import { RegError } from '../../errors.js';
import { parseJson } from '../../spec/json.js';
import { quoteText } from '../../spec/text.js';
import type { ConfigEdits } from '../../operations/edit/config.js';
import { editImage } from '../../operations/edit/edit-image.js';
import type { Context } from '../context.js';
import { parsePairs, runChange, type ChangeFlags } from './change.js';

interface EditFlags extends ChangeFlags {
  readonly label?: readonly string[];
  readonly removeLabel?: readonly string[];
  readonly env?: readonly string[];
  readonly removeEnv?: readonly string[];
  readonly cmd?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
  readonly expose?: readonly string[];
  readonly stopSignal?: string;
  readonly created?: string;
}

export async function run(context: Context<EditFlags>): Promise<void> {
  const [image = ''] = context.args;
  const edits = readEdits(context.flags);
  await runChange(context, (options) => editImage(image, edits, options));
}

function readEdits(flags: EditFlags): ConfigEdits {
  const { user, stopSignal, removeLabel, removeEnv, workdir } = flags;
  const edits: ConfigEdits = {
    labels: flags.label && parsePairs(flags.label, '--label'),
    removeLabels: removeLabel,
    env: flags.env && parsePairs(flags.env, '--env'),
    removeEnv,
    cmd: flags.cmd && parseCommand(flags.cmd, '--cmd'),
    entrypoint: flags.entrypoint && parseCommand(flags.entrypoint, '--entrypoint'),
    user,
    workingDir: workdir,
    expose: flags.expose?.map(parsePort),
    stopSignal,
    created: flags.created && parseTime(flags.created),
  };
  if (Object.values(edits).some((edit) => edit !== undefined)) return edits;
  throw new RegError('INVALID_ARGUMENT', 'there is nothing to change', { hint: 'Run "reg edit --help".' });
}

/** A JSON list, as Dockerfiles have it, or the words one by one; empty to take it out. */
function parseCommand(words: readonly string[], flag: string): readonly string[] {
  const [first = ''] = words;
  if (words.length > 1 || !first.startsWith('[')) return words.filter((word) => word !== '');
  const list = parseJson(Buffer.from(first), { what: flag, code: 'INVALID_ARGUMENT' });
  if (Array.isArray(list) && list.every((word): word is string => typeof word === 'string')) return list;
  throw new RegError('INVALID_ARGUMENT', `invalid ${flag} ${quoteText(first)}`, {
    hint: `Write a JSON list of texts, or ${flag} once for each word.`,
  });
}

/** Image-spec 1.1, config.md, "ExposedPorts": `port/tcp`, `port/udp`, `port`. */
function parsePort(text: string): string {
  const [, port, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  if (Number(port) >= 1 && Number(port) <= 65_535) return `${port}/${protocol}`;
  throw new RegError('INVALID_ARGUMENT', `invalid --expose ${quoteText(text)}`, {
    hint: 'Write a port such as 80/tcp.',
  });
}

/** Seconds since 1970, as SOURCE_DATE_EPOCH has them, or a time as RFC 3339 writes it. */
function parseTime(text: string): string {
  const time = /^\d+$/.test(text) ? new Date(Number(text) * 1000) : new Date(text);
  const isWritten = /^\d+$|^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text);
  if (isWritten && !Number.isNaN(time.getTime())) return time.toISOString().replace(/\.000Z$/, 'Z');
  throw new RegError('INVALID_ARGUMENT', `invalid --created ${quoteText(text)}`, {
    hint: 'Write 2026-01-31T12:00:00Z, or seconds since 1970.',
  });
}
