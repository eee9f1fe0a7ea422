import { Memory } from '../../src/content/memory.js';
import { contract } from './suite.js';

contract('memory', async () => new Memory(), { checksChildren: false });
