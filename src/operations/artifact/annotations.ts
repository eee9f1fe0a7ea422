/** Annotations as they are given: one by one, or in a file as oras has them. */

import { RegError } from '../../errors.js';
import { notThere, readSmallFile } from '../../disk/files.js';
import type { Annotations } from '../../spec/artifact.js';
import { parseAnnotations } from '../../spec/descriptor.js';
import { parseJsonObject } from '../../spec/json.js';
import { quoteText } from '../../spec/text.js';

/** Largest file of annotations that is read, in bytes. */
const MAX_SIZE = 1024 * 1024;

export interface AnnotationSet {
  readonly manifest: Annotations;
  readonly config: Annotations;
  /** By the path of the file, as it was given. */
  readonly files: ReadonlyMap<string, Annotations>;
}

interface Given {
  /** `KEY=VALUE` for the manifest; these win. */
  readonly pairs?: readonly string[] | undefined;
  /** Path of a JSON file: `{"$manifest": {}, "$config": {}, "FILE": {}}`. */
  readonly file?: string | undefined;
}

/** Throws INVALID_ARGUMENT for what can't be read so, NOT_FOUND, DISK_ERROR. */
export async function readAnnotations({ pairs = [], file }: Given): Promise<AnnotationSet> {
  const { $manifest = {}, $config = {}, ...files } = file === undefined ? {} : await readFile(file);
  return {
    manifest: { ...$manifest, ...Object.fromEntries(pairs.map(parsePair)) },
    config: $config,
    files: new Map(Object.entries(files)),
  };
}

function parsePair(text: string): readonly [string, string] {
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key !== '') return [key, value];
  throw new RegError('INVALID_ARGUMENT', `${quoteText(text)} is not an annotation`, {
    hint: 'Write KEY=VALUE, such as org.opencontainers.image.licenses=MIT.',
  });
}

async function readFile(path: string): Promise<Readonly<Record<string, Annotations>>> {
  const what = `the file of annotations ${quoteText(path)}`;
  const bytes = await readSmallFile(path, { cap: MAX_SIZE, code: 'INVALID_ARGUMENT' });
  if (bytes === undefined) throw notThere(path);
  const hint = 'It has the form {"$manifest": {"KEY": "VALUE"}, "$config": {}, "FILE": {}}.';
  const document = parseJsonObject(bytes, { what, code: 'INVALID_ARGUMENT', hint });
  try {
    return Object.fromEntries(
      Object.entries(document).map(([key, value]) => [key, parseAnnotations(value, quoteText(key))]),
    );
  } catch (cause) {
    throw new RegError('INVALID_ARGUMENT', `${what} has something else than texts in it`, { hint, cause });
  }
}
