/** `reg version` */

export { showVersion as run } from '../version.js';
