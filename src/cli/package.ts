/** What package.json says about this program. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PackageInfo {
  readonly version: string;
  /** Where bugs are reported. */
  readonly bugs?: string;
}

/** Reads package.json, two folders up both from the sources and from what is built of them. */
export function readPackage(): PackageInfo {
  const info: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const bugs = valueOf(info, 'bugs');
  const url = valueOf(bugs, 'url') ?? bugs;
  const version = valueOf(info, 'version');
  return {
    version: typeof version === 'string' ? version : '0.0.0',
    ...(typeof url === 'string' ? { bugs: url } : {}),
  };
}

/** Here and not from `spec/json.ts`, which is too much for those who only ask for the version. */
function valueOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
