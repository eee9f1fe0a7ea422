/** What package.json says about this program. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isObject } from '../spec/json.js';

export interface PackageInfo {
  readonly version: string;
  /** Where bugs are reported. */
  readonly bugs?: string;
}

/** Reads package.json, two folders up both from the sources and from what is built of them. */
export function readPackage(): PackageInfo {
  const info: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const { version, bugs }: { version?: unknown; bugs?: unknown } = isObject(info) ? info : {};
  const url = isObject(bugs) ? bugs['url'] : bugs;
  return {
    version: typeof version === 'string' ? version : '0.0.0',
    ...(typeof url === 'string' ? { bugs: url } : {}),
  };
}
