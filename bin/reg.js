#!/usr/bin/env node
// Plain old syntax on purpose: an old Node must be able to parse this file to print the message below. CommonJS (see
// package.json beside it), because Node gets to run that sooner.
const [major, minor, patch] = process.versions.node.split('.').map(Number);
const tooOld = major < 20 || (major === 20 && (minor < 18 || (minor === 18 && patch < 1)));

function fail(message, code) {
  console.error('reg: ' + message);
  process.exit(code || 1);
}

function hintFor(code) {
  return code === 'EMFILE' ? '. Raise the limit of open files ("ulimit -n") and try again.' : '';
}

function start() {
  try {
    require('../dist/cli/main.cjs').run().catch(cannotStart);
  } catch (error) {
    cannotStart(error);
  }
}

function cannotStart(error) {
  if (error.code === 'MODULE_NOT_FOUND')
    fail('not built yet (' + error.message.split('\n')[0] + '): run npm run build');
  // Too many open files, a disk that fails: the code of errors.ts for the local disk.
  if (error.syscall) fail('cannot start: ' + error.message + hintFor(error.code), 8);
  throw error;
}

if (tooOld) fail('Node 20.18.1 or newer is needed, this is Node ' + process.versions.node);
start();
