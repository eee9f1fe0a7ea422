import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseNamePattern } from '../../../src/operations/listing/name-pattern.js';
import { sync, type SyncOptions, type SyncResult } from '../../../src/operations/sync/sync.js';
import type { SyncEntry } from '../../../src/operations/sync/sync-file.js';
import { parseReference } from '../../../src/spec/reference.js';
import { instantClock } from '../../support/instant-clock.js';
import { smallImage } from '../../server/registry.js';
import { setStage, type Stage } from '../stage.js';

function entry(
  stage: Stage,
  source: string,
  to: readonly string[],
  changes: Partial<SyncEntry> = {},
): SyncEntry {
  const here = (name: string) => parseReference(`${stage.host}/${name}`);
  return {
    source: here(source),
    destinations: to.map(here),
    tags: [],
    isMeant: () => true,
    platforms: [],
    referrers: false,
    ...changes,
  };
}

async function run(entries: readonly SyncEntry[], options: SyncOptions): Promise<readonly SyncResult[]> {
  const results: SyncResult[] = [];
  for await (const result of sync(entries, options)) results.push(result);
  return results;
}

function told({ host }: Stage, results: readonly SyncResult[]): readonly string[] {
  return results.map(({ destination, outcome }) => `${destination.replace(`${host}/`, '')} ${outcome}`);
}

test('the tags that are meant are copied to each place, and the next run moves nothing', async (t) => {
  const stage = await setStage(t);
  for (const tag of ['1.0', '1.1', '2.0', 'edge'])
    await stage.registry.push('app', tag, await smallImage(tag));
  const entries = [
    entry(stage, 'app', ['one/app', 'two/app'], {
      isMeant: await parseNamePattern('semver:^1', { code: 'INVALID_CONFIG' }),
    }),
  ];
  const dry = await run(entries, { ...stage, dryRun: true });
  assert.equal(dry.filter(({ outcome }) => outcome === 'would-copy').length, 4);
  const expected = ['one/app:1.0', 'two/app:1.0', 'one/app:1.1', 'two/app:1.1'];
  assert.deepEqual(
    told(stage, await run(entries, stage)),
    expected.map((name) => `${name} copied`),
  );
  stage.requests();
  assert.deepEqual(
    told(stage, await run(entries, stage)),
    expected.map((name) => `${name} unchanged`),
  );
  assert.ok(stage.requests().every(({ method }) => method === 'HEAD' || method === 'GET'));
});

test('patterns that no tag fits are told of, as they stand in the file', async (t) => {
  const stage = await setStage(t);
  await stage.registry.push('app', '1.0', await smallImage('app'));
  const told: string[] = [];
  const onNotice: SyncOptions['onNotice'] = ({ message }) => void told.push(message);
  const none = { tags: ['2.*', '3.*'], isMeant: () => false };
  assert.deepEqual(await run([entry(stage, 'app', ['a/app'], none)], { ...stage, onNotice }), []);
  assert.deepEqual(told, [`no tag of ${stage.host}/app fits "2.*" or "3.*"`]);
});

test('one image goes where it is said, under its own tag or another', async (t) => {
  const stage = await setStage(t);
  await stage.registry.push('app', '1', await smallImage('app'));
  const results = await run([entry(stage, 'app:1', ['a/app', 'a/app:stable'])], stage);
  assert.deepEqual(told(stage, results), ['a/app:1 copied', 'a/app:stable copied']);
});

test('a failure ends all, unless it is told to go on', async (t) => {
  const stage = await setStage(t);
  await stage.registry.push('app', '1', await smallImage('app'));
  const entries = [
    entry(stage, 'none', ['a/none']),
    entry(stage, 'app:2', ['a/app']),
    entry(stage, 'app:1', ['a/app']),
  ];
  await assert.rejects(run(entries, stage), { code: 'NOT_FOUND' });
  const results = await run(entries, { ...stage, keepGoing: true });
  assert.deepEqual(told(stage, results), [' failed', 'a/app:2 failed', 'a/app:1 copied']);
  assert.deepEqual(
    results.map(({ error }) => error?.code),
    ['NOT_FOUND', 'NOT_FOUND', undefined],
  );
});

test('two workers do the whole work, and none of it twice', async (t) => {
  const stage = await setStage(t);
  await stage.registry.push('app', '1', await smallImage('app'));
  const places = Array.from({ length: 6 }, (_, at) => `place${at}/app`);
  const entries = [entry(stage, 'app:1', places)];
  const done = await Promise.all(
    [0, 1].map((index) => run(entries, { ...stage, shard: { index, count: 2 } })),
  );
  assert.deepEqual(
    told(stage, done.flat()).toSorted(),
    places.map((name) => `${name}:1 copied`),
  );
});

test('a rate limit is waited out, and said', async (t) => {
  let refusals = 8;
  const stage = await setStage(t, {
    clock: instantClock(),
    intercept: ({ request, response }) => {
      if (!request.url?.includes('/manifests/') || refusals-- <= 0) return false;
      response.writeHead(429, { 'retry-after': '120' }).end();
      return true;
    },
  });
  await stage.registry.push('app', '1', await smallImage('app'));
  const warnings: string[] = [];
  const onNotice: SyncOptions['onNotice'] = ({ message }) => void warnings.push(message);
  const results = await run([entry(stage, 'app:1', ['a/app'])], {
    ...stage,
    clock: instantClock(),
    onNotice,
  });
  assert.deepEqual(told(stage, results), ['a/app:1 copied']);
  assert.ok(
    warnings.length > 0 && warnings.every((text) => text.endsWith('waiting 120 s before going on')),
    warnings[0],
  );
});
