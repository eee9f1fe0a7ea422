/** What is taken of an index when nobody says what for. */

import { arch, platform } from 'node:os';

import { hostPlatform, type Platform } from '../spec/platform.js';

/** Without flags and environment this is all that is known about the machine. */
export function thisMachine(): Platform {
  return hostPlatform({ platform: platform(), arch: arch() });
}
