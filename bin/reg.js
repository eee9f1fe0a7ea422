#!/usr/bin/env node
// Plain old syntax on purpose: an old Node must be able to parse this file to print the message below.
const [major, minor, patch] = process.versions.node.split('.').map(Number);
const tooOld = major < 20 || (major === 20 && (minor < 18 || (minor === 18 && patch < 1)));

function fail(message) {
  console.error('reg: ' + message);
  process.exit(1);
}

if (tooOld) {
  fail('Node 20.18.1 or newer is needed, this is Node ' + process.versions.node);
}

import('../dist/cli/main.js').then(
  function (main) {
    return main.run();
  },
  function (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    fail('not built yet (' + error.message + '): run npm run build');
  },
);
