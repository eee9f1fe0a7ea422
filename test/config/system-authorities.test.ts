import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';

import { systemAuthorities } from '../../src/config/system-authorities.js';
import { createAuthority } from '../support/certificates.js';
import { failsWith } from '../support/scripted-setup.js';
import { temporaryFolder } from '../support/temp.js';

test('SSL_CERT_FILE and SSL_CERT_DIR take the place of what the system has', async (context) => {
  const [one, two, three] = await Promise.all(['1', '2', '3'].map((name) => createAuthority(name)));
  const folders = [await temporaryFolder(context), await temporaryFolder(context)] as const;
  const file = join(folders[0], 'bundle.pem');
  await writeFile(file, one?.certificate ?? '');
  await writeFile(join(folders[1], 'two.pem'), two?.certificate ?? '');
  await writeFile(join(folders[1], '0a1b2c3d.0'), two?.certificate ?? '');
  await writeFile(join(folders[1], 'three.pem'), three?.certificate ?? '');
  await writeFile(join(folders[1], 'README'), 'these are certificates');
  assert.deepEqual(await systemAuthorities({ SSL_CERT_FILE: file }), [one?.certificate]);
  const dirs = [folders[1], join(folders[1], 'nowhere')].join(delimiter);
  const inFolders = await systemAuthorities({ SSL_CERT_DIR: dirs });
  assert.deepEqual(new Set(inFolders), new Set([two?.certificate, three?.certificate]));
  assert.equal(inFolders.length, 2);
  assert.equal((await systemAuthorities({ SSL_CERT_FILE: file, SSL_CERT_DIR: dirs })).length, 3);
});

test('SSL_CERT_FILE that is no such file is an error that names it', async (context) => {
  const missing = join(await temporaryFolder(context), 'nowhere.pem');
  await assert.rejects(
    systemAuthorities({ SSL_CERT_FILE: missing }),
    failsWith('DISK_ERROR', /nowhere\.pem/),
  );
});

test('without a variable it is what the system has, or nothing', async () => {
  for (const text of await systemAuthorities({}))
    assert.match(text, /-----BEGIN (TRUSTED )?CERTIFICATE-----/);
});
