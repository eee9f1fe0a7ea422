import assert from 'node:assert/strict';
import { join } from 'node:path';
import { platform } from 'node:os';
import { test } from 'node:test';

import { readCertsD } from '../../src/config/certs-d.js';
import { createAuthority } from '../support/certificates.js';
import { failsWith } from '../support/scripted-setup.js';
import { folderWith } from './folder.js';

const HOST = platform() === 'win32' ? 'registry.test5000' : 'registry.test:5000';

test('a directory named for host and port holds authorities and a certificate of ours', async (context) => {
  const authority = await createAuthority();
  const pair = await authority.issue(['me']);
  const root = await folderWith(context, {
    [`${HOST}/ca.crt`]: authority.certificate,
    [`${HOST}/client.cert`]: pair.certificate,
    [`${HOST}/client.key`]: pair.key,
    [`${HOST}/README`]: 'not ours',
  });
  const found = await readCertsD([root], 'registry.test:5000');
  assert.deepEqual(found, {
    authorities: [authority.certificate],
    identity: pair,
    from: [join(root, HOST)],
  });
});

test('the port stands in the name of the directory where it stands in the reference', async (context) => {
  const { certificate } = await createAuthority();
  const root = await folderWith(context, { 'registry.test/ca.crt': certificate });
  assert.equal((await readCertsD([root], 'registry.test')).authorities.length, 1);
  for (const other of ['registry.test:443', 'registry.test:5000', 'test', 'a.registry.test'])
    assert.deepEqual((await readCertsD([root], other)).from, [], other);
});

test('all directories add authorities; the first that has a certificate of ours decides who we are', async (context) => {
  const authority = await createAuthority();
  const [mine, theirs] = await Promise.all([authority.issue(['me']), authority.issue(['them'])]);
  const one = await folderWith(context, { 'a.test/x.crt': authority.certificate });
  const two = await folderWith(context, { 'a.test/c.cert': mine.certificate, 'a.test/c.key': mine.key });
  const three = await folderWith(context, {
    'a.test/y.crt': authority.certificate,
    'a.test/c.cert': theirs.certificate,
    'a.test/c.key': theirs.key,
  });
  const found = await readCertsD([join(one, 'nowhere'), one, two, three], 'a.test');
  assert.equal(found.authorities.length, 2);
  assert.deepEqual(found.identity, mine);
  assert.deepEqual(
    found.from,
    [one, two, three].map((root) => join(root, 'a.test')),
  );
});

test('of several certificates of ours the first by name is taken that has not run out', async (context) => {
  const authority = await createAuthority();
  const files = async (name: string, expired = false): Promise<Record<string, string>> => {
    const { certificate, key } = await authority.issue([name], { expired });
    return { [`r.test/${name}.cert`]: certificate, [`r.test/${name}.key`]: key };
  };
  const [a, b, c] = await Promise.all([files('a', true), files('b'), files('c')]);
  const root = await folderWith(context, { ...c, ...b, ...a });
  const { identity } = await readCertsD([root], 'r.test');
  assert.equal(identity?.certificate, b['r.test/b.cert']);
  const late = await folderWith(context, { ...a });
  assert.equal((await readCertsD([late], 'r.test')).identity?.certificate, a['r.test/a.cert']);
});

test('half a pair is an error that names the half that is missing', async (context) => {
  const pair = await (await createAuthority()).issue(['me']);
  for (const [name, text, missing] of [
    ['client.cert', pair.certificate, 'client.key'],
    ['client.key', pair.key, 'client.cert'],
  ] as const) {
    const root = await folderWith(context, { [`r.test/${name}`]: text });
    await assert.rejects(
      readCertsD([root], 'r.test'),
      failsWith('INVALID_CONFIG', new RegExp(`${name}" has no ${missing} beside it`)),
    );
  }
});

test('a file that is no certificate is an error that names it', async (context) => {
  const root = await folderWith(context, { 'r.test/ca.crt': 'not a certificate' });
  await assert.rejects(
    readCertsD([root], 'r.test'),
    failsWith('INVALID_CONFIG', /ca\.crt" holds no certificate/),
  );
});
