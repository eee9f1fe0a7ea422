/**
 * Behind `node --import` this runs the TypeScript of `src` and `test` as `compile.js` has left it: hundreds of processes
 * would else compile the same files. Stacks show the lines of the `.ts` files.
 */
import * as modules from 'node:module';
import { load, resolve } from './typescript-hooks.js';

process.setSourceMapsEnabled(true);
// Up to 22.14 hooks run in a thread of their own.
if (modules.registerHooks === undefined) modules.register('./typescript-hooks.js', import.meta.url);
else modules.registerHooks({ load, resolve });
