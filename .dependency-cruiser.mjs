/**
 * The floors: a folder of src imports only from the floors below its own, never from a sibling. Each third-party
 * package has one home. Read by `npm run check`; swc parses because the native TypeScript has no JavaScript parser.
 */
const floors = [
  ['errors'],
  ['spec'],
  ['content'],
  ['disk'],
  ['tar'],
  ['registry', 'layout', 'archive', 'rootfs', 'seekable', 'engine', 'credentials', 'config'],
  ['operations'],
  ['index'],
  ['server'],
  ['cli'],
];

const homes = {
  yaml: '^src/operations/sync/',
  fzstd: '^src/tar/compression\\.ts$',
  semver: '^src/operations/listing/versions\\.ts$',
  bcryptjs: '^src/server/htpasswd\\.ts$',
  commander: '^src/cli/',
  ora: '^src/cli/',
  tldts: '^src/registry/auth/realm\\.ts$',
  'smol-toml': '^src/config/toml\\.ts$',
  keytar: '^src/credentials/keychain\\.ts$',
  jose: '^src/credentials/cloud/google/key\\.ts$',
};

/** A floor is a folder of src, or a file beside them such as src/errors.ts. */
const on = (names) => `^src/(${names.join('|')})[./]`;

const floorRules = floors.flatMap((siblings, height) =>
  siblings.map((name) => ({
    name: `floor-${name}`,
    comment: `${name} may import from ${['itself', ...floors.slice(0, height).flat()].join(', ')} only`,
    severity: 'error',
    from: { path: on([name]) },
    to: { path: '^src/', pathNot: on([name, ...floors.slice(0, height).flat()]) },
  })),
);

const homeRules = Object.entries(homes).map(([name, home]) => ({
  name: `home-${name}`,
  comment: `${name} is imported in ${home} only`,
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: { path: `^node_modules/${name}/` },
}));

export default {
  forbidden: [
    ...floorRules,
    ...homeRules,
    {
      name: 'floor-unknown',
      comment: 'every file of src stands on a floor named here',
      severity: 'error',
      from: { path: '^src/', pathNot: on(floors.flat()) },
      to: {},
    },
    {
      name: 'package-without-a-home',
      comment: 'a new package gets one home, here',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '^node_modules/',
        pathNot: `^node_modules/(${Object.keys(homes).join('|')})/`,
      },
    },
    {
      name: 'no-cycles',
      comment: 'imports never come back to where they started, not even imports of types',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-file-system-below',
      comment: 'spec and content never touch the disk',
      severity: 'error',
      from: { path: '^src/(errors[.]|spec/|content/)' },
      to: { dependencyTypes: ['core'], path: '^fs' },
    },
    {
      name: 'registry-by-transport',
      comment:
        'what is asked of a registry knows no HTTP but `Transport` and the headers that it reads and writes',
      severity: 'error',
      from: { path: '^src/registry/(manifests|blobs|upload)/|^src/registry/(registry|repository)[.]' },
      to: {
        path: '^src/registry/(net|http|auth|survey)/|^src/registry/(hosts?|endpoint)[.]',
        pathNot: '^src/registry/http/(content-range|link)[.]',
      },
    },
    {
      name: 'no-process-below-cli',
      comment:
        'process and console are parameters, whose defaults are set in cli or are files of their own; the keychain is a program of its own',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(cli/|content/system-clock\\.ts$|disk/this-process\\.ts$|credentials/keychain\\.ts$)',
      },
      to: { dependencyTypes: ['core'], path: '^(process|console)$' },
    },
    {
      name: 'no-tests-in-source',
      comment: 'src is what is published: nothing of test or of the built output belongs in it',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|dist|bin)/' },
    },
    {
      name: 'no-development-packages',
      comment: 'what the library imports must be a dependency; what only the command line does, is bundled',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|server)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'must-resolve',
      comment: 'an import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: '^(node_modules|dist)/' },
    enhancedResolveOptions: {
      conditionNames: ['types', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
