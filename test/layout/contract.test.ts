import { contract } from '../contract/suite.js';
import { emptyStore } from './stores.js';

contract('layout', emptyStore);
