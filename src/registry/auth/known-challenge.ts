/** The challenges that we can meet. */

import type { Challenge } from './challenge.js';
import { parseRealm } from './realm.js';

export type Known = { readonly scheme: 'basic' } | Bearer;

export interface Bearer {
  readonly scheme: 'bearer';
  readonly realm: URL;
  readonly service: string | undefined;
  /** The scopes that the registry names, as it writes them. */
  readonly offered: string | undefined;
}

/** A challenge of the scheme Bearer. Throws as `parseRealm`. */
export function readBearer({ params }: Challenge, options: Parameters<typeof parseRealm>[1]): Bearer {
  const realm = parseRealm(params.get('realm') ?? '', options);
  return { scheme: 'bearer', realm, service: params.get('service'), offered: params.get('scope') };
}
