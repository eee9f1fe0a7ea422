import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { ImageName, Route } from '../../src/spec/route.js';
import { readRegistries, refuseBlocked, routeBy, type RegistriesFiles } from '../../src/config/registries.js';
import { parseReference } from '../../src/spec/reference.js';
import { failsWith } from '../support/scripted-setup.js';
import { folderWith } from './folder.js';

const OWN = '.config/containers/registries.conf';

/** Files of a person, whose home it is. */
async function home(
  context: TestContext,
  files: Readonly<Record<string, string>> | string,
): Promise<RegistriesFiles> {
  return { home: await folderWith(context, typeof files === 'string' ? { [OWN]: files } : files) };
}

async function route(files: RegistriesFiles, image: string): Promise<Route | undefined> {
  const name = parseReference(image);
  const table = (await readRegistries(files)).find(name);
  return table && routeBy(table, name);
}

/** `HOST/PATH` of the places, in order. */
async function places(files: RegistriesFiles, image: string): Promise<readonly string[]> {
  const found = await route(files, image);
  return [...(found?.mirrors ?? []), ...(found?.instead ? [found.instead] : [])].map(
    ({ host, path }) => `${host}/${path}`,
  );
}

const EXAMPLE = `
unqualified-search-registries = ["example.com"]

[[registry]]
prefix = "example.com/foo"
insecure = false
blocked = false
location = "internal-registry-for-example.com/bar"

[[registry.mirror]]
location = "example-mirror-0.local/mirror-for-foo"

[[registry.mirror]]
location = "example-mirror-1.local/mirrors/foo"
insecure = true
`;

test('an image is looked for at its mirrors, then where its registry has moved', async (context) => {
  const files = await home(context, EXAMPLE);
  assert.deepEqual(await places(files, 'example.com/foo/image:latest'), [
    'example-mirror-0.local/mirror-for-foo/image',
    'example-mirror-1.local/mirrors/foo/image',
    'internal-registry-for-example.com/bar/image',
  ]);
  const found = await route(files, 'example.com/foo/image');
  assert.deepEqual(
    found?.mirrors.map(({ settings }) => settings),
    [{}, { insecure: true, scheme: 'ask' }],
  );
  assert.ok(found?.from.endsWith(join('containers', 'registries.conf')));
  for (const other of [
    'example.com/foobar/image',
    'example.com/image',
    'example.com:5000/foo/image',
    'other.com/foo/image',
  ])
    assert.deepEqual(await places(files, other), [], other);
});

test('of several prefixes the longest counts', async (context) => {
  const files = await home(
    context,
    ['docker.io', 'docker.io/library', 'docker.io/library/nginx', 'docker.io/library/nginx:1']
      .map((prefix, at) => `[[registry]]\nprefix = "${prefix}"\nlocation = "m${at}.example/x"\n`)
      .join('\n'),
  );
  for (const [image, expected] of [
    ['nginx:1', 'm3.example/x'],
    ['nginx:2', 'm2.example/x'],
    ['nginx-extra', 'm1.example/x/nginx-extra'],
    ['bitnami/nginx', 'm0.example/x/bitnami/nginx'],
  ] as const)
    assert.deepEqual(await places(files, image), [expected], image);
});

test('a wildcard is for all hosts below a domain, which keep their names', async (context) => {
  const files = await home(
    context,
    `[[registry]]
     prefix = "*.example.com"
     insecure = true
     [[registry.mirror]]
     location = "mirror.local/all"`,
  );
  assert.deepEqual(await places(files, 'a.b.example.com/foo/image:1'), [
    'mirror.local/all/foo/image',
    'a.b.example.com/foo/image',
  ]);
  assert.deepEqual(await places(files, 'a.example.com:5000/image'), [
    'mirror.local/all/image',
    'a.example.com:5000/image',
  ]);
  for (const other of ['example.com/image', 'aexample.com/image', 'a.example.com.evil.com/image'])
    assert.deepEqual(await places(files, other), [], other);
});

const DIGEST = `sha256:${'0'.repeat(64)}`;

test('mirrors for digests or for tags are used for those only', async (context) => {
  const files = await home(
    context,
    `[[registry]]
     location = "a.example"
     [[registry.mirror]]
     location = "all.local"
     [[registry.mirror]]
     location = "digests.local"
     pull-from-mirror = "digest-only"
     [[registry.mirror]]
     location = "tags.local"
     pull-from-mirror = "tag-only"
     [[registry]]
     location = "b.example"
     mirror-by-digest-only = true
     [[registry.mirror]]
     location = "mirror.local"`,
  );
  assert.deepEqual(await places(files, 'a.example/i:1'), ['all.local/i', 'tags.local/i']);
  assert.deepEqual(await places(files, `a.example/i@${DIGEST}`), ['all.local/i', 'digests.local/i']);
  assert.equal(await route(files, 'b.example/i:1'), undefined);
  assert.deepEqual(await places(files, `b.example/i:1@${DIGEST}`), ['mirror.local/i']);
});

test('what is blocked is refused, with the file that says so', async (context) => {
  const files = await home(context, '[[registry]]\nlocation = "example.com/bad"\nblocked = true');
  const { find } = await readRegistries(files);
  const bad: ImageName = parseReference('example.com/bad/image');
  const table = find(bad);
  assert.ok(table);
  assert.throws(() => refuseBlocked(table), failsWith('DENIED', /images of "example\.com\/bad"/));
  assert.equal(find(parseReference('example.com/good')), undefined);
});

test("the person's file stands in place of the system's; drop-ins add to it, the last one counts", async (context) => {
  const table = (location: string): string =>
    `[[registry]]\nprefix = "a.example"\nlocation = "${location}"\n`;
  const system = await folderWith(context, {
    'containers/registries.conf': table('system.local'),
    'containers/registries.conf.d/10-one.conf': table('one.local'),
    'containers/registries.conf.d/20-two.conf': table('two.local'),
    'containers/registries.conf.d/README': 'not TOML',
  });
  assert.deepEqual(await places({ system }, 'a.example/i'), ['two.local/i']);
  const dropIn = await folderWith(context, {
    '.config/containers/registries.conf.d/x.conf': table('mine.local'),
  });
  assert.deepEqual(await places({ system, home: dropIn }, 'a.example/i'), ['mine.local/i']);
  const own = await folderWith(context, { [OWN]: table('own.local') });
  assert.deepEqual(await places({ system, home: own }, 'a.example/i'), ['own.local/i']);
  const empty = await folderWith(context, { [OWN]: '# nothing here\n' });
  assert.deepEqual(await places({ system, home: empty }, 'a.example/i'), []);
});

test('CONTAINERS_REGISTRIES_CONF names the file, which then has to be there', async (context) => {
  const folder = await folderWith(context, {
    'my.conf': EXAMPLE,
    [OWN]: '[[registry]]\nlocation = "other.example"\n',
  });
  const files = { home: folder, named: join(folder, 'my.conf') };
  assert.equal((await places(files, 'example.com/foo/image')).length, 3);
  await assert.rejects(
    readRegistries({ named: join(folder, 'nowhere.conf') }),
    failsWith('INVALID_CONFIG', /CONTAINERS_REGISTRIES_CONF names .*nowhere\.conf"/),
  );
});

test('the old form with its lists of hosts is read, too', async (context) => {
  const files = await home(
    context,
    `[registries.search]
     registries = ['registry1.com']
     [registries.insecure]
     registries = ['registry3.com']
     [registries.block]
     registries = ['registry.untrusted.com']`,
  );
  const { find } = await readRegistries(files);
  assert.equal(find(parseReference('registry3.com/a/b'))?.insecure, true);
  assert.equal(find(parseReference('registry.untrusted.com/a/b'))?.blocked, true);
  assert.equal(find(parseReference('registry1.com/a/b')), undefined);
});

test('a file with nothing but aliases and comments is not even parsed', async (context) => {
  const aliases = '"registry" = "docker.io/library/registry"\n"ubi8" = "registry.access.redhat.com/ubi8"\n';
  const files = await home(context, `# [[registry]]\n[aliases]\n${aliases}this would be an error\n`);
  assert.equal((await readRegistries(files)).find(parseReference('nginx')), undefined);
});

for (const [title, text] of [
  ['a table with blanks', '  [[ registry ]]\nlocation = "a.example"'],
  ['a quoted table', '[["registry"]]\nlocation = "a.example"'],
  ['a list in one line', 'registry = [{ location = "a.example" }]'],
  ['the old form in one line', 'registries.insecure.registries = ["a.example"]'],
] as const) {
  test(`a table is seen however it is written: ${title}`, async (context) => {
    const found = (await readRegistries(await home(context, text))).find(parseReference('a.example/i'));
    assert.equal(found?.prefix, 'a.example');
  });
}

for (const [title, text, message] of [
  [
    'what is not TOML names the place',
    '[[registry]]\nlocation = \n',
    /registries\.conf" is not TOML: line 2, column \d+/,
  ],
  ['a table without names', '[[registry]]\nblocked = true', /neither "location" nor "prefix"/],
  ['a scheme', '[[registry]]\nlocation = "https://a"', /"location" has a scheme: "https:\/\/a"/],
  [
    'a wildcard with a path',
    '[[registry]]\nprefix = "*.a/b"',
    /"\*\.a\/b" is not of the form \*\.example\.com/,
  ],
  [
    'a prefix that leads nowhere',
    '[[registry]]\nprefix = "a.example"',
    /"location" is missing for "a\.example"/,
  ],
  [
    'a mirror without a place',
    '[[registry]]\nlocation = "a"\n[[registry.mirror]]\ninsecure = true',
    /"mirror": "location" is missing/,
  ],
  [
    'a kind of pull that is none',
    '[[registry]]\nlocation = "a"\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "never"',
    /"pull-from-mirror" is not "all".*"never"/,
  ],
  [
    'two rules about digests',
    '[[registry]]\nlocation = "a"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "b"\npull-from-mirror = "all"',
    /does not go together/,
  ],
  [
    'a mirror rule outside of a mirror',
    '[[registry]]\nlocation = "a"\npull-from-mirror = "all"',
    /is for mirrors only/,
  ],
  [
    'both forms at once',
    '[[registry]]\nlocation = "a"\n[registries.block]\nregistries = ["b"]',
    /do not go together/,
  ],
  ['a table that is none', '[registry]\nlocation = "a"', /"registry" is not a list of tables/],
] as const) {
  test(`a registries.conf with a mistake is refused: ${title}`, async (context) => {
    await assert.rejects(readRegistries(await home(context, text)), failsWith('INVALID_CONFIG', message));
  });
}

test('a location that names no host is refused when it is needed', async (context) => {
  const files = await home(context, '[[registry]]\nprefix = "a.example"\nlocation = "mirror"\n');
  await assert.rejects(
    route(files, 'a.example/i'),
    failsWith('INVALID_CONFIG', /"mirror" does not begin with a host/),
  );
});
