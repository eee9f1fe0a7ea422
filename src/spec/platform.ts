/**
 * Platforms: what an image runs on (image-spec 1.1, image-index.md), read and compared as containerd's platforms
 * package does, which Docker uses.
 */

import { RegError } from '../errors.js';
import { architectureOfNode, isKnownArchitecture, normalizeArchitecture } from './architecture.js';
import { isObject, refuseTwins, type JsonObject } from './json.js';
import { quoteText } from './text.js';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  /** Windows only: `10.0.20348.2113`. */
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
}

/** What is known about this machine, in Node's words. */
interface HostFacts {
  /** As `process.platform`. */
  readonly platform: string;
  /** As `process.arch`. */
  readonly arch: string;
  /** As `process.config.variables.arm_version`, such as `6`; it matters on 32-bit ARM only. */
  readonly armVersion?: string;
}

const HINT = 'Write it like linux/amd64, linux/arm64, linux/arm/v7 or windows/amd64.';

const KNOWN_OS: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd illumos linux netbsd openbsd plan9 solaris windows'.split(' '),
);
const OS_PART = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]+)\))?$/;
const OTHER_PART = /^[A-Za-z0-9_.-]+$/;

/**
 * Reads `os/architecture[/variant]` in any spelling that Docker takes, `windows(10.0.20348)/amd64` included, and
 * gives the normal one. A bare os or architecture is completed from `host`, and refused without it.
 * Throws INVALID_PLATFORM.
 */
export function parsePlatform(text: string, host?: Platform): Platform {
  const [first = '', ...rest] = text.split('/');
  const [, os, version] = OS_PART.exec(first) ?? [];
  const [architecture, variant] = rest;
  if (os === undefined || rest.length > 2 || !rest.every((part) => OTHER_PART.test(part))) {
    throw invalid(text, 'expected os/architecture[/variant]');
  }
  if (architecture === undefined) return completePlatform(first, host);
  if (KNOWN_OS.has(architecture) && !KNOWN_OS.has(os)) throw invalid(text, 'the os comes first');
  return normalizePlatform({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
  });
}

function completePlatform(name: string, host: Platform | undefined): Platform {
  if (host === undefined) throw invalid(name, 'expected os/architecture[/variant]');
  const asOs = normalizePlatform({ ...host, os: name });
  if (KNOWN_OS.has(asOs.os)) return asOs;
  const asArchitecture = normalizePlatform({ os: host.os, architecture: name });
  if (isKnownArchitecture(asArchitecture.architecture)) return asArchitecture;
  throw invalid(name, 'it is neither an os nor an architecture that is known');
}

function invalid(text: string, reason: string): RegError {
  return new RegError('INVALID_PLATFORM', `invalid platform ${quoteText(text)}: ${reason}`, { hint: HINT });
}

/** The one spelling of a platform: two that mean the same become equal. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const { architecture, variant } = normalizeArchitecture(platform.architecture, platform.variant);
  const { variant: _, ...rest } = platform;
  return {
    ...rest,
    os: os === 'macos' ? 'darwin' : os,
    architecture,
    ...(variant === '' ? {} : { variant }),
  };
}

/** `os/architecture[/variant]`, with the version as `os(version)` where there is one. */
export function formatPlatform(platform: Platform): string {
  const version = platform['os.version'];
  const os = version === undefined ? platform.os : `${platform.os}(${version})`;
  return [os, platform.architecture, platform.variant].filter((part) => part !== undefined).join('/');
}

/** The platform whose images this machine runs: linux on macOS and Windows too, as Docker has it. */
export function hostPlatform({ platform, arch, armVersion }: HostFacts): Platform {
  return normalizePlatform({
    os: platform === 'freebsd' ? 'freebsd' : 'linux',
    architecture: architectureOfNode(arch),
    ...(arch === 'arm' && armVersion !== undefined ? { variant: armVersion } : {}),
  });
}

/**
 * The platform of an index entry out of parsed JSON, spelled as it is there; an os or architecture that is missing
 * becomes `''`. `where` names the entry, for the message. Throws INVALID_MANIFEST.
 */
export function parseIndexPlatform(value: unknown, where: string): Platform {
  if (!isObject(value)) throw new RegError('INVALID_MANIFEST', `${where}.platform is not an object`);
  refuseTwins(value, ['os', 'architecture', 'variant', 'os.version', 'os.features'], `${where}.platform`);
  const variant = textAt(value, 'variant', where);
  const version = textAt(value, 'os.version', where);
  const features = value['os.features'];
  return {
    os: textAt(value, 'os', where),
    architecture: textAt(value, 'architecture', where),
    ...(variant === '' ? {} : { variant }),
    ...(version === '' ? {} : { 'os.version': version }),
    ...(Array.isArray(features)
      ? { 'os.features': features.filter((item) => typeof item === 'string') }
      : {}),
  };
}

function textAt(value: JsonObject, key: string, where: string): string {
  const text = value[key] ?? '';
  if (typeof text === 'string') return text;
  throw new RegError('INVALID_MANIFEST', `${where}.platform.${key} is not a string`);
}
