import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child, Ended } from './child.js';
import { reg, startReg, storeFolder } from './reg.js';
import type { RegOptions } from './reg.js';
import { temporaryFolder } from './temp.js';
import type { Scope } from './temp.js';

/** Somebody with a home of their own: store and logins stay there from one command to the next. */
export interface Person {
  readonly home: string;
  /** The folder of the local store. */
  readonly store: string;
  /** Path of docker's config.json. */
  readonly dockerConfig: string;
  /** Runs `reg`, which must succeed. */
  readonly reg: (args: readonly string[], options?: PersonOptions) => Promise<Ended>;
  /** Runs `reg`, which must end with this exit code and say why, shortly. */
  readonly fails: (code: number, args: readonly string[], options?: PersonOptions) => Promise<Ended>;
  /** Starts `reg` and does not wait. */
  readonly start: (args: readonly string[], options?: PersonOptions) => Promise<Child>;
  /** What docker's config.json holds. */
  readonly readDockerConfig: () => Promise<unknown>;
}

type PersonOptions = Omit<RegOptions, 'home'>;

/** Makes a person with an empty home. */
export async function createPerson(scope: Scope): Promise<Person> {
  const home = await temporaryFolder(scope);
  const dockerConfig = join(home, '.docker', 'config.json');
  return {
    home,
    store: storeFolder(home),
    dockerConfig,
    reg: async (args, options) => succeeded(await reg(scope, args, { ...options, home })),
    fails: async (code, args, options) => failed(code, await reg(scope, args, { ...options, home })),
    start: (args, options) => startReg(scope, args, { ...options, home }),
    readDockerConfig: async () => JSON.parse(await readFile(dockerConfig, 'utf8')) as unknown,
  };
}

/** What a program said that must have ended well. */
export function succeeded(ended: Ended): Ended {
  assert.equal(ended.code, 0, `ended with ${ended.signal ?? ended.code}: ${ended.stderr}${ended.stdout}`);
  return ended;
}

function failed(code: number, ended: Ended): Ended {
  const { stderr } = ended;
  assert.equal(ended.code, code, `ended with ${ended.signal ?? ended.code}: ${stderr}${ended.stdout}`);
  const errors = stderr.split('\n').filter((line) => /^reg: (?!warning: )/.test(line));
  assert.ok(errors.length >= 1, `says nothing about what is wrong: ${stderr}`);
  assert.ok(stderr.length <= 8192 && stderr.split('\n').length <= 11, `says too much: ${stderr}`);
  assert.doesNotMatch(stderr, /^\s+at .*:\d+:\d+\)?$/m, 'shows a stack');
  return ended;
}
