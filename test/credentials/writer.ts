/** A process that makes many changes to a config file: `writer.ts FILE NAME COUNT` adds `NAME-0`, `NAME-1` and so on. */
import { argv } from 'node:process';

import { changeConfigFile } from '../../src/credentials/config-file.js';
import { thisProcess } from '../layout/stores.js';

const [, , file = '', name = '', count = '0'] = argv;

for (let n = 0; n < Number(count); n++) {
  await changeConfigFile(file, (config) => ({ ...config, [`${name}-${n}`]: n }), thisProcess);
}
