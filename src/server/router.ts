/** Which resource a path names (distribution-spec 1.1, "Endpoints"). Nothing of a path ever becomes a file name. */

export type Route = Root | Resource;

/** What stands above all repositories. */
export interface Root {
  readonly kind: 'base' | 'catalog';
}

export interface Resource {
  readonly kind: 'tags' | 'referrers' | 'manifest' | 'blob' | 'uploads' | 'upload';
  /** Of the repository, as it stands in the path: not checked. */
  readonly name: string;
  /** Tag, digest or upload, as it stands in the path; empty where the path has none. */
  readonly reference: string;
}

/** Longest name of a repository; Docker's limit. */
const MAX_NAME_LENGTH = 255;

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

const COLLECTIONS: ReadonlyMap<string, Resource['kind']> = new Map([
  ['manifests', 'manifest'],
  ['blobs', 'blob'],
  ['referrers', 'referrers'],
]);

/** The route of the path of a request, query off; undefined when there is nothing at such a path. */
export function parseRoute(path: string): Route | undefined {
  const segments = path.split('/').map(decode);
  const [root, version, ...rest] = segments;
  if (root !== '' || version !== 'v2' || segments.includes(undefined)) return undefined;
  const parts = rest.filter((part) => part !== undefined);
  if (parts.join('/') === '') return { kind: 'base' };
  if (parts.join('/') === '_catalog') return { kind: 'catalog' };
  return parseResource(parts);
}

/** Read from the end: a name may itself hold `tags` or `blobs`. */
function parseResource(parts: readonly string[]): Resource | undefined {
  const [reference = '', second, third] = [parts.at(-1), parts.at(-2), parts.at(-3)];
  const nameUpTo = (count: number): string => parts.slice(0, -count).join('/');
  if (second === 'tags' && reference === 'list') return { kind: 'tags', name: nameUpTo(2), reference: '' };
  if (second === 'blobs' && reference === 'uploads')
    return { kind: 'uploads', name: nameUpTo(2), reference: '' };
  if (third === 'blobs' && second === 'uploads') {
    return { kind: reference === '' ? 'uploads' : 'upload', name: nameUpTo(3), reference };
  }
  const kind = COLLECTIONS.get(second ?? '');
  return kind === undefined ? undefined : { kind, name: nameUpTo(2), reference };
}

/** Whether `name` may be a repository's: the specification's grammar, and a length that Docker takes. */
export function isRepositoryName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && name.split('/').every((component) => COMPONENT.test(component));
}

/** Whether `text` may be a tag. */
export function isTag(text: string): boolean {
  return /^\w[\w.-]{0,127}$/.test(text);
}

/** Clients may write `sha256%3A…`. A slash that was encoded separates nothing, so no name can hold it. */
function decode(segment: string): string | undefined {
  try {
    const text = decodeURIComponent(segment);
    return text.includes('/') ? undefined : text;
  } catch {
    // A broken escape is no name of anything.
    return undefined;
  }
}
