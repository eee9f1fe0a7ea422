import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getuid, platform } from 'node:process';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { startChild } from '../support/child.js';
import { bytesContent } from '../support/contents.js';
import { writeDockerArchive, writeLayout } from '../support/image-files.js';
import { bigLayer, image, layer, sampleIndex, type TestImage } from '../support/images.js';
import { createPerson, succeeded, type Person } from '../support/person.js';
import { needs, programPath } from '../support/programs.js';
import { pushGraph } from '../support/push-graph.js';
import { rawLayer, rootfsImage } from '../support/rootfs-image.js';
import { startServe } from '../support/serve.js';
import { mountDisk, needsDisk } from '../support/small-disk.js';
import { untar, walkBelow } from '../support/walk.js';

const isRoot = getuid?.() === 0;
const ROOT_ON_LINUX = isRoot && platform === 'linux' ? false : 'only root on Linux can give files away';

/** A person with this image in the layout `image`, under the tag `t`. */
async function withImage(t: TestContext, made: TestImage): Promise<Person> {
  const me = await createPerson(t);
  await writeLayout(join(me.home, 'image'), { t: made });
  return me;
}

test('an image is unpacked and exported, from a registry and from a file, to one and the same file system', async (t) => {
  const { host, origin } = await startServe(t, await createPerson(t));
  const made = rootfsImage();
  const me = await withImage(t, made);
  await pushGraph(`${origin}/v2/app`, made, { tag: '1' });
  const { digest } = made.descriptor;
  const unpacked = await me.reg(['unpack', `${host}/app:1`, 'remote']);
  assert.equal(unpacked.stdout, `remote: digest: ${digest}\n`);
  assert.match(unpacked.stderr, /Unpacked .*\/app:1 into remote: 3 layers/);
  const { stdout } = await me.reg(['unpack', '--json', 'oci:image:t', 'local']);
  const result = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual(
    [result['name'], result['digest'], result['path'], result['xattrs']],
    ['t', digest, 'local', []],
  );
  assert.deepEqual(walkBelow(join(me.home, 'local')), walkBelow(join(me.home, 'remote')));
  for (const [source, file] of [
    [`${host}/app:1`, 'remote.tar'],
    ['oci:image:t', 'local.tar'],
  ] as const)
    await me.reg(['export', '-q', source, '-o', file]);
  const tar = await readFile(join(me.home, 'local.tar'));
  assert.ok(tar.equals(await readFile(join(me.home, 'remote.tar'))));
  if (ROOT_ON_LINUX !== false) return;
  await untar(t, join(me.home, 'local.tar'), join(me.home, 'untarred'));
  assert.deepEqual(walkBelow(join(me.home, 'untarred')), walkBelow(join(me.home, 'local')));
});

test(
  'umoci unpacks what reg copied to the file system that reg unpacks',
  { skip: ROOT_ON_LINUX || needs('umoci').skip },
  async (t) => {
    const me = await withImage(t, rootfsImage());
    await me.reg(['copy', 'oci:image:t', 'oci:copied:t']);
    const umoci = [programPath('umoci'), 'unpack', '--image', 'copied:t', 'bundle'] as const;
    succeeded(await (await startChild(t, [...umoci], { cwd: me.home, env: { HOME: me.home } })).ended);
    await me.reg(['unpack', 'oci:image:t', 'rootfs']);
    assert.deepEqual(walkBelow(join(me.home, 'rootfs')), walkBelow(join(me.home, 'bundle', 'rootfs')));
  },
);

test(
  'without root everything is unpacked that may be, and what is not is told in two lines',
  { skip: ROOT_ON_LINUX || needs('setpriv').skip },
  async (t) => {
    const attribute = { flag: 'x', name: 'x', content: '36 SCHILY.xattr.user.\u001b[2J=in a name\n' };
    const made = rootfsImage([rawLayer([attribute, { name: 'srv/attributed' }])]);
    const me = await withImage(t, made);
    const program = join(me.home, 'reg');
    // Where the code lies somebody else may not be let in.
    const built = fileURLToPath(new URL('../..', import.meta.url));
    for (const part of ['bin', 'dist/cli', 'package.json'])
      await cp(join(built, part), join(program, part), { recursive: true });
    await chmod(me.home, 0o777);
    const nobody = [programPath('setpriv'), '--reuid=65534', '--regid=65534', '--clear-groups'] as const;
    const reg = [process.execPath, join(program, 'bin', 'reg.js'), 'unpack', 'oci:image:t', 'mine'] as const;
    const { stderr } = succeeded(
      await (
        await startChild(t, [...nobody, ...reg], { cwd: me.home, env: { HOME: me.home } })
      ).ended,
    );
    const warnings = stderr.split('\n').filter((line) => line.startsWith('reg: warning'));
    const notes = warnings.map((line) => line.replace(/\d\d files/, 'N files'));
    assert.deepEqual(notes, [
      'reg: warning: not all can be kept here: N files belong to you instead of the owners in the image, 2 of them ' +
        'without setuid or setgid, left out: srv/null, srv/loop',
      "reg: warning: extended attributes can't be set, and are missing: srv/attributed (user.[2J)",
    ]);
    await me.reg(['unpack', '-q', 'oci:image:t', 'theirs']);
    const [mine, theirs] = ['mine', 'theirs'].map((name) => walkBelow(join(me.home, name)));
    const expected = Object.entries(theirs ?? {}).filter(([, { type }]) => type !== 'device');
    assert.deepEqual(
      mine,
      Object.fromEntries(
        expected.map(([path, found]) => [
          path,
          { ...found, owner: '65534:65534', mode: found.mode & (found.type === 'folder' ? 0o7777 : 0o1777) },
        ]),
      ),
    );
  },
);

test('144: layers that are not what config and manifest say are found out before anything is there', async (t) => {
  const good = await layer({ a: 'a' });
  const other = await layer({ b: 'b' });
  const me = await createPerson(t);
  const cases: readonly (readonly [string, TestImage])[] = [
    ['unpacks to', image({ layers: [{ ...good, tar: other.tar }] })],
    ['has 2 layers, its config 1', image({ layers: [good, other], config: config([good.tar.digest]) })],
    ['has no list of digests', image({ layers: [good], config: { rootfs: { type: 'layers' } } })],
  ];
  for (const [says, made] of cases) {
    await writeLayout(join(me.home, 'image'), { t: made });
    for (const command of [
      ['unpack', 'oci:image:t', 'root'],
      ['export', 'oci:image:t', '-o', 'root.tar'],
    ]) {
      const { stderr } = await me.fails(6, command);
      assert.ok(stderr.includes(says), stderr);
    }
  }
  const { stdout } = await me.fails(6, ['export', 'oci:image:t']);
  assert.equal(stdout, '');
  assert.deepEqual(
    (await readdir(me.home)).filter((name) => name.includes('root')),
    [],
  );
});

function config(diffIds: readonly string[]): object {
  return { rootfs: { type: 'layers', diff_ids: diffIds } };
}

test('145: a directory with something in it is replaced by --force alone', async (t) => {
  const me = await withImage(t, image({ layers: [await layer({ a: 'a' })] }));
  await mkdir(join(me.home, 'root'));
  await writeFile(join(me.home, 'root', 'precious'), 'precious');
  await me.fails(2, ['unpack', 'oci:image:t', 'root']);
  assert.deepEqual(await readdir(join(me.home, 'root')), ['precious']);
  await me.reg(['unpack', '--force', 'oci:image:t', 'root']);
  assert.deepEqual(await readdir(join(me.home, 'root')), ['a']);
});

test('146: a run that is interrupted or killed leaves only what the next one removes', async (t) => {
  const me = await withImage(t, image({ layers: [await bigLayer(60_000_000, 7)] }));
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGKILL', null],
  ] as const) {
    const child = await me.start(['unpack', '--progress', 'json', 'oci:image:t', 'root']);
    child.process.stderr.on('data', (text: Buffer) => {
      if (text.includes('"progress"')) child.kill(signal);
    });
    const ended = await child.ended;
    assert.ok(ended.code === code || ended.code === 0, ended.stderr);
    const left = (await readdir(me.home)).filter((name) => name.startsWith('root'));
    assert.ok(ended.code === 0 || left.every((name) => name.startsWith('root.partial-')), left.join());
    if (code === 143 && ended.code !== 0) assert.ok(left.length > 0);
  }
  await me.reg(['unpack', '--force', 'oci:image:t', 'root']);
  assert.deepEqual(
    (await readdir(me.home)).filter((name) => name.startsWith('root')),
    ['root'],
  );
});

test('141: what unpacks to more than it may is refused, and --max-size says how much that is', async (t) => {
  const me = await withImage(t, image({ layers: [await layer({ zeros: Buffer.alloc(3_000_000) })] }));
  const { stderr } = await me.fails(6, ['unpack', '--max-size', '1MB', 'oci:image:t', 'root']);
  assert.match(stderr, /unpacks to more than the 1000000 bytes/);
  await me.fails(6, ['export', '--max-size', '1MB', 'oci:image:t', '-o', 'root.tar']);
  await me.fails(2, ['export', '--max-size', 'much', 'oci:image:t', '-o', 'root.tar']);
  await me.reg(['unpack', '--max-size', '4MB', 'oci:image:t', 'root']);
});

test(
  'a disk that is full, or where the directory is one itself, is told, and nothing is left there',
  needsDisk(),
  async (t) => {
    const me = await withImage(t, image({ layers: [await layer({ zeros: Buffer.alloc(8_000_000) })] }));
    const { folder } = await mountDisk(t, 4);
    const { stderr } = await me.fails(8, ['unpack', 'oci:image:t', join(folder, 'root')]);
    assert.match(
      stderr,
      /zeros": no space is left on the disk. Free some space and run the same command again\.$/m,
    );
    await me.fails(8, ['export', 'oci:image:t', '-o', join(folder, 'root.tar')]);
    assert.deepEqual(await readdir(folder), []);
    assert.match((await me.fails(2, ['unpack', 'oci:image:t', folder])).stderr, /a disk is mounted there/);
  },
);

test('what an image says of its files reaches the terminal as plain text', async (t) => {
  const evil = 'a\u001b]0;title\u0007\u202e/../b';
  const me = await withImage(t, image({ layers: [rawLayer([{ name: evil }])] }));
  const { stderr } = await me.fails(6, ['unpack', 'oci:image:t', 'root']);
  assert.match(stderr, /"a\]0;title\/\.\.\/b": it leads out of its directory/);
  assert.equal(existsSync(join(me.home, 'root')), false);
});

test('any place will do, of an index the platform that is asked for, and what is no image is refused', async (t) => {
  const me = await createPerson(t);
  const made = image({ layers: [await layer({ a: 'from docker' })] });
  await writeDockerArchive(
    join(me.home, 'old.tar'),
    { 'docker.io/library/app:1': made },
    { style: 'classic' },
  );
  const stdin = gzipSync(await readFile(join(me.home, 'old.tar')));
  await me.reg(['unpack', '-', 'root'], { stdin });
  assert.equal(await readFile(join(me.home, 'root', 'a'), 'utf8'), 'from docker');
  await writeLayout(join(me.home, 'index'), { t: await sampleIndex() });
  for (const [architecture, name] of [
    ['amd64', 'first'],
    ['arm64', 'second'],
  ] as const) {
    await me.reg(['unpack', '-q', '-p', `linux/${architecture}`, 'oci:index:t', name]);
    assert.equal(await readFile(join(me.home, name, 'bin', 'app'), 'utf8'), `app for ${architecture}\n`);
  }
  await me.fails(3, ['unpack', '-p', 'windows/amd64', 'oci:index:t', 'third']);
  await me.fails(3, ['export', 'oci:nothing', '-o', 'third.tar']);
  const statement = bytesContent(Buffer.from('{}'));
  const type = 'application/vnd.example';
  const artifact = image({
    layers: [],
    manifest: { config: { mediaType: type, digest: statement.digest, size: statement.size } },
  });
  await writeLayout(join(me.home, 'artifact'), { t: artifact });
  const { stderr } = await me.fails(7, ['unpack', 'oci:artifact:t', 'third']);
  assert.match(stderr, /is an artifact, not an image/);
});
