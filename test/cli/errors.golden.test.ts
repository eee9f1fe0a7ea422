/**
 * What a person reads when something goes wrong: test/golden/errors.txt, made by really doing all of it. Read it as
 * somebody would at three in the morning. After a change of words: REG_UPDATE_GOLDEN=1 npm test -- errors.golden
 */
import assert from 'node:assert/strict';
import { lookup } from 'node:dns/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { env, platform } from 'node:process';
import { test } from 'node:test';
import { createLimit } from '../../src/content/limit.js';
import { setStage, type Stage } from '../support/hostile/stage.js';
import type { Scope } from '../support/temp.js';
import { SECTIONS, type Situation } from './error-situations.js';

const GOLDEN = new URL('../golden/errors.txt', import.meta.url);
const HEAD = `What reg says when something goes wrong. Written by test/cli/errors.golden.test.ts; HOME, PORT and DIGEST
stand for what differs from run to run; what is said on the way, as "trying again", is left out.
`;

// Elsewhere the operating system words its part of the errors otherwise; and without a network no name is unknown.
const reason = platform === 'linux' ? await nameService() : 'the words of Linux';

test(
  'errors say what, where, why and what to do next, in the words that were agreed on',
  { skip: reason },
  async (t) => {
    const limit = createLimit(8);
    const sections = Object.entries(SECTIONS).map(async ([title, situations]) => {
      const stories = await Promise.all(situations.map((one) => limit(() => tell(t, one))));
      return [`\n== ${title} ==`, ...stories].join('\n\n');
    });
    const table = `${HEAD}${(await Promise.all(sections)).join('\n')}\n`;
    if (env['REG_UPDATE_GOLDEN']) await writeFile(GOLDEN, table);
    assert.equal(table, await readFile(GOLDEN, 'utf8'));
  },
);

async function tell(scope: Scope, situation: Situation): Promise<string> {
  const { title, typed, arrange, faults, stdin, env: more } = situation;
  const stage = await setStage(scope, situation);
  if (faults !== undefined) stage.registry.faults = faults;
  await arrange?.(stage);
  const line = typeof typed === 'string' ? typed : await typed(stage);
  const platformFlag = { DOCKER_DEFAULT_PLATFORM: 'linux/amd64' };
  const { stdout, stderr, code } = await stage.reg(line.split(' ').slice(1), {
    stdin,
    env: { ...platformFlag, ...more },
    withinSeconds: 120,
  });
  assert.notEqual(code, 0, `nothing went wrong: ${line}\n${stdout}`);
  return `# ${title}\n${steady(`$ ${line}\n${stdout}${stderr}`, stage)}exit ${code}`;
}

/** Without what differs from run to run: places and times, and what is said on the way. */
function steady(text: string, { home }: Stage): string {
  return text
    .replaceAll(home, 'HOME')
    .replaceAll(/^.*(; trying again in |: Pull complete|: Pushed).*\n/gm, '')
    .replaceAll(/(127\.0\.0\.1:|port )(?!5000)\d{2,5}\b/g, '$1PORT')
    .replaceAll(/sha(256|512):[0-9a-f]{12,}…?/g, 'DIGEST');
}

/** Why the name service can't say that a host does not exist; false where it can. */
async function nameService(): Promise<string | false> {
  try {
    await lookup('no-such-host.invalid');
    return 'the name service knows every name';
  } catch (error) {
    const isUnknown = error instanceof Error && 'code' in error && error.code === 'ENOTFOUND';
    return isUnknown ? false : 'the name service does not answer';
  }
}
