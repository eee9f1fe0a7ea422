/** Looks at a store with eyes of its own, as any reader of an OCI image layout would. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Every file below a folder, by its path with slashes. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort();
  } catch {
    // No such folder: nothing in it.
    return [];
  }
}

/**
 * What is wrong with a store: blobs that are not what their name says, images that are not complete, files that have
 * no business there, partials that no honest download could have left. `honest` are the true bytes by digest.
 */
export async function findFaults(
  store: string,
  honest: ReadonlyMap<string, Buffer>,
): Promise<readonly string[]> {
  const files = await filesIn(store);
  if (files.length === 0) return [];
  const found: string[] = [];
  const blobs = new Map<string, Buffer>();
  for (const file of files) {
    const [, algorithm = '', hex = ''] = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(file) ?? [];
    const bytes = await readFile(join(store, file));
    if (algorithm !== '') {
      if (createHash(algorithm).update(bytes).digest('hex') !== hex) found.push(`${file}: wrong bytes`);
      blobs.set(`${algorithm}:${hex}`, bytes);
    } else if (file.startsWith('.partial/')) {
      const digest = /^\.partial\/(sha256|sha512)-([0-9a-f]+)$/.exec(file)?.slice(1).join(':');
      const whole = honest.get(digest ?? '');
      if (whole?.subarray(0, bytes.length).equals(bytes) !== true) found.push(`${file}: left behind`);
    } else if (file !== 'index.json' && file !== 'oci-layout') {
      found.push(`${file}: does not belong here`);
    }
  }
  if (files.includes('index.json')) {
    const index = await readFile(join(store, 'index.json'), 'utf8');
    for (const digest of missingFrom(JSON.parse(index), blobs))
      found.push(`index.json: ${digest} is missing`);
  }
  return found;
}

/** The digests that a document leads to and that are not there. */
function missingFrom(document: unknown, blobs: ReadonlyMap<string, Buffer>): readonly string[] {
  const { manifests = [], config, layers = [] } = document as Partial<Parsed>;
  const children = [...manifests, ...(config === undefined ? [] : [config]), ...layers];
  return children.flatMap(({ digest, mediaType, urls }) => {
    // A foreign layer stays where it lives.
    if (urls !== undefined && mediaType.includes('.foreign.')) return [];
    const bytes = blobs.get(digest);
    if (bytes === undefined) return [digest];
    return /manifest|index/.test(mediaType) ? missingFrom(JSON.parse(bytes.toString()), blobs) : [];
  });
}

interface Parsed {
  readonly manifests: readonly Child[];
  readonly config: Child;
  readonly layers: readonly Child[];
}

interface Child {
  readonly digest: string;
  readonly mediaType: string;
  readonly urls?: readonly string[];
}
