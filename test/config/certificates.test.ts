import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { test, type TestContext } from 'node:test';

import { readAuthorities, readKeyPair } from '../../src/config/certificates.js';
import { createAuthority, writeKeyPair } from '../support/certificates.js';
import { failsWith } from '../support/scripted-setup.js';
import { needs, programPath } from '../support/programs.js';
import { temporaryFolder } from '../support/temp.js';

async function write(context: TestContext, name: string, text: string): Promise<string> {
  const file = join(await temporaryFolder(context), name);
  await writeFile(file, text);
  return file;
}

test('a file may hold several certificates, and words between them', async (context) => {
  const [one, two] = await Promise.all([createAuthority('one'), createAuthority('two')]);
  const text = `# ours\n${one.certificate}\n# theirs\n${two.certificate}\n`;
  assert.equal(await readAuthorities(await write(context, 'ca.crt', text)), text);
});

test('what holds no certificate is an error that names the file and shows nothing of it', async (context) => {
  const { key } = await (await createAuthority()).issue(['a.test']);
  const cut = (await createAuthority()).certificate.slice(0, 200);
  for (const text of ['', 'not a certificate', key, cut, cut.replace(/\n[^-]+/, '\nAAAA\n')]) {
    const file = await write(context, 'ca.crt', text);
    const error = await readAuthorities(file).catch((caught: unknown) => caught);
    failsWith('INVALID_CONFIG', /ca\.crt" holds no certificate in PEM form/)(error);
    assert.doesNotMatch(String(error), /PRIVATE KEY/);
  }
});

test('a certificate is read with its key, also where both are in one file', async (context) => {
  const pair = await (await createAuthority()).issue(['a.test']);
  const folder = await temporaryFolder(context);
  assert.deepEqual(await readKeyPair(await writeKeyPair(folder, 'client', pair)), pair);
  const both = await write(context, 'both.pem', pair.key + pair.certificate);
  assert.ok((await readKeyPair({ certificate: both, key: both })).key.includes('PRIVATE KEY'));
});

test('a key that is none, is locked, or belongs to another certificate is told by its file', async (context) => {
  const authority = await createAuthority();
  const [mine, other] = await Promise.all([authority.issue(['a.test']), authority.issue(['b.test'])]);
  const certificate = await write(context, 'client.cert', mine.certificate);
  const { privateKey: locked } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' },
  });
  for (const [text, message] of [
    ['nothing', /client\.key" holds no private key/],
    [mine.certificate, /client\.key" holds no private key/],
    [locked, /client\.key" holds a key with a passphrase/],
    [other.key, /client\.key" is not the key of the certificate in .*client\.cert"/],
  ] as const) {
    const key = await write(context, 'client.key', text);
    await assert.rejects(readKeyPair({ certificate, key }), failsWith('INVALID_CONFIG', message));
  }
  const noCertificate = { certificate: await write(context, 'x.cert', 'nothing'), key: certificate };
  await assert.rejects(
    readKeyPair(noCertificate),
    failsWith('INVALID_CONFIG', /x\.cert" holds no certificate/),
  );
});

test('what is no regular file is refused rather than waited for', needs('mkfifo'), async (context) => {
  const pipe = join(await temporaryFolder(context), 'pipe');
  execFileSync(programPath('mkfifo'), [pipe]);
  for (const file of [pipe, '/dev/zero', await temporaryFolder(context)])
    await assert.rejects(readAuthorities(file), failsWith('INVALID_CONFIG', /is not a regular file/));
  await assert.rejects(readAuthorities('/no/such/file'), failsWith('DISK_ERROR', /no such file/));
});
