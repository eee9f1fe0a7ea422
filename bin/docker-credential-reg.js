#!/usr/bin/env node
// Plain old syntax, as in reg.js: docker shows what is on the standard output.
const [major, minor, patch] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && (minor < 18 || (minor === 18 && patch < 1)))) {
  console.log('Node 20.18.1 or newer is needed, this is Node ' + process.versions.node);
  process.exit(1);
}
void require('../dist/cli/credential-helper.cjs').run();
