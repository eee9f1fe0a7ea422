/** Compiles the TypeScript of `src` and `test` for `typescript.js`, file by file and with no look at the types. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { transformSync } from 'rolldown/utils';
import { root } from './setup.js';
import { compiledFolder, compiledPath } from './typescript-hooks.js';

rmSync(compiledFolder, { recursive: true, force: true });
const paths = ['src', 'test'].flatMap(typeScriptIn);
const failed = paths.filter((path) => !compile(path));
// Last, and only when all is well: its age says how old the others are.
if (failed.length === 0) writeFileSync(join(compiledFolder, 'complete'), '');
else process.exitCode = 1;

function typeScriptIn(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(root, folder, name));
}

/** Whether it could. */
function compile(path) {
  // The map names the file as one beside the compiled code: that is loaded under the path of the TypeScript.
  const { code, map, errors } = transformSync(basename(path), readFileSync(path, 'utf8'), {
    sourcemap: true,
    tsconfig: false,
  });
  for (const { message, codeframe } of errors) console.error(`${path}: ${message}\n${codeframe ?? ''}`);
  const inline = Buffer.from(JSON.stringify({ ...map, sourcesContent: undefined })).toString('base64');
  const compiled = compiledPath(path);
  mkdirSync(dirname(compiled), { recursive: true });
  writeFileSync(compiled, `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`);
  return errors.length === 0;
}
