/** The writer and the reader as one store: reading ends the writing, and what failed on the way has made no archive. */

import { join } from 'node:path';
import { pid } from 'node:process';

import { openArchive, type Archive } from '../../src/archive/reader.js';
import { openFileTarget } from '../../src/tar/target.js';
import { ArchiveWriter } from '../../src/archive/writer.js';
import { RegError } from '../../src/errors.js';
import { contract, type Store } from '../contract/suite.js';
import { temporaryFolder, type Scope } from '../support/temp.js';

contract('an archive', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'image.tar');
  const target = await openFileTarget(file, { pid, isRunning: () => true });
  return asStore(new ArchiveWriter(target), () => openArchive(file, { temporaryFolder: folder }), t);
});

function asStore(writer: ArchiveWriter, open: () => Promise<Archive>, scope: Scope): Store {
  let reader: Promise<Archive> | undefined;
  const read = async (): Promise<Archive> => {
    await writer.finish();
    const archive = await open();
    scope.after(() => archive.close());
    return archive;
  };
  const archive = async (): Promise<Archive> => {
    try {
      return await (reader ??= read());
    } catch (error) {
      throw new RegError('NOT_FOUND', 'no archive was made', { cause: error });
    }
  };
  return {
    has: (descriptor) => writer.has(descriptor),
    put: (content, options) => writer.put(content, options),
    resolve: async (name, options) => (await archive()).resolve(name, options),
    get: (descriptor) => ({
      descriptor,
      open: async (options) => (await archive()).get(descriptor).open(options),
    }),
  };
}
