import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hasCode, type RegError } from '../../src/errors.js';
import { choosePlatform } from '../../src/spec/platform-choice.js';
import { parsePlatform, type Platform } from '../../src/spec/platform.js';

/** An entry of an index, spelled as such; parsePlatform would normalize it. */
function entry(text: string): { readonly name: string; readonly platform: Platform } {
  const [os = '', architecture = '', variant] = text.split('/');
  return { name: text, platform: { os, architecture, ...(variant === undefined ? {} : { variant }) } };
}

function windows(version: string): { readonly platform: Platform } {
  return { platform: { os: 'windows', architecture: 'amd64', 'os.version': version } };
}

function choose(wanted: string, ...names: readonly string[]): string {
  return choosePlatform(names.map(entry), parsePlatform(wanted)).name;
}

function refusal(wanted: string, entries: readonly Parameters<typeof choosePlatform>[0][number][]): RegError {
  try {
    choosePlatform(entries, parsePlatform(wanted));
  } catch (error) {
    assert(hasCode(error, 'PLATFORM_NOT_FOUND'), String(error));
    return error;
  }
  return assert.fail(`something was chosen for ${wanted}`);
}

test('the exact platform is chosen, wherever it stands and however it is spelled', () => {
  assert.equal(choose('linux/amd64', 'linux/arm64', 'windows/amd64', 'linux/amd64'), 'linux/amd64');
  assert.equal(choose('linux/arm64', 'linux/amd64', 'linux/arm64/v8'), 'linux/arm64/v8');
  assert.equal(choose('linux/arm64/v8', 'linux/arm/v7', 'linux/aarch64'), 'linux/aarch64');
  assert.equal(choose('linux/arm/v7', 'linux/arm/v6', 'linux/arm'), 'linux/arm');
  assert.equal(choose('linux/amd64/v3', 'linux/amd64', 'linux/amd64/v3'), 'linux/amd64/v3');
});

test('of several equal entries the first is chosen', () => {
  const entries = [entry('linux/arm64/v8'), entry('linux/arm64')];
  assert.equal(choosePlatform(entries, parsePlatform('linux/arm64')), entries[0]);
});

test('without the exact variant the best that the machine also runs is chosen', () => {
  assert.equal(choose('linux/arm/v7', 'linux/arm/v5', 'linux/arm/v6'), 'linux/arm/v6');
  assert.equal(choose('linux/arm/v8', 'linux/arm/v5', 'linux/arm/v7'), 'linux/arm/v7');
  assert.equal(choose('linux/amd64/v4', 'linux/amd64', 'linux/amd64/v2', 'linux/amd64/v3'), 'linux/amd64/v3');
  assert.equal(choose('linux/amd64/v3', 'linux/amd64/v4', 'linux/amd64'), 'linux/amd64');
  assert.equal(
    choose('linux/arm64/v8.2', 'linux/arm64', 'linux/arm64/v8.1', 'linux/arm64/v8.3'),
    'linux/arm64/v8.1',
  );
  assert.equal(
    choose('linux/arm64/v9.1', 'linux/arm64/v8.7', 'linux/arm64/v8.6', 'linux/arm64/v9.2'),
    'linux/arm64/v8.6',
  );
  assert.equal(choose('linux/arm64/v9', 'linux/arm64/v8'), 'linux/arm64/v8');
});

test('what the machine does not run is not chosen', () => {
  const pairs = [
    ['linux/arm/v6', 'linux/arm/v7'],
    ['linux/amd64', 'linux/amd64/v2'],
    ['linux/arm64', 'linux/arm64/v9'],
    ['linux/arm64', 'linux/arm/v7'],
    ['linux/amd64', 'linux/386'],
    ['linux/amd64', 'windows/amd64'],
    ['linux/mips64le/softfloat', 'linux/mips64le'],
  ] as const;
  for (const [wanted, there] of pairs) {
    assert.equal(refusal(wanted, [entry(there)]).message, `no image for ${wanted}, only for ${there}`);
  }
});

test('attestations are neither chosen nor named', () => {
  const attestation = {
    platform: { os: 'linux', architecture: 'amd64' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  };
  const entries = [attestation, entry('unknown/unknown'), entry('linux/arm64')];
  assert.equal(refusal('linux/amd64', entries).message, 'no image for linux/amd64, only for linux/arm64');
  assert.equal(refusal('unknown/unknown', entries).code, 'PLATFORM_NOT_FOUND');
});

test('an entry without a platform is chosen when it is the only image', () => {
  const wanted = parsePlatform('linux/amd64');
  for (const bare of [{}, { platform: { os: '', architecture: '' } }]) {
    assert.equal(choosePlatform([entry('unknown/unknown'), bare], wanted), bare);
    assert.equal(
      refusal('linux/amd64', [bare, bare]).message,
      'no image for linux/amd64: the index names no platform',
    );
    assert.equal(refusal('linux/amd64', [bare, entry('linux/arm64')]).code, 'PLATFORM_NOT_FOUND');
  }
});

test('a Windows version that is asked for must be of the same build', () => {
  const old = windows('10.0.17763.100');
  const recent = windows('10.0.20348.200');
  assert.equal(choosePlatform([old, recent], parsePlatform('windows(10.0.20348.1)/amd64')), recent);
  assert.equal(choosePlatform([old, recent], parsePlatform('windows/amd64')), old);
  assert.match(
    refusal('windows(10.0.26100)/amd64', [old]).message,
    /only for windows\(10\.0\.17763\.100\)\/amd64$/,
  );
});

test('an image that needs a feature is chosen only for a platform that has it', () => {
  const special = { platform: { ...entry('linux/amd64').platform, 'os.features': ['gpu'] } };
  const plain = entry('linux/amd64');
  assert.equal(choosePlatform([special, plain], plain.platform), plain);
  assert.equal(choosePlatform([special, plain], special.platform), special);
});

test('at most ten platforms are named, each once and made safe to print', () => {
  const many = Array.from({ length: 14 }, (_, position) => entry(`linux/cpu${position}`));
  const { message, context } = refusal('linux/amd64', [...many, ...many]);
  assert.match(message, /^no image for linux\/amd64, only for linux\/cpu0, .*linux\/cpu9 and 4 more$/);
  assert.equal(context.hint, 'Choose one with --platform.');
  const evil = refusal('linux/amd64', [entry(`linux/\u001b[31m\u202e${'x'.repeat(500)}`)]).message;
  assert.doesNotMatch(evil, /[\p{Cc}\u202e]/u);
  assert(evil.length < 120);
});

test('an index that names no platform says so, and what to do instead', () => {
  const { message, context } = refusal('linux/amd64', []);
  assert.equal(message, 'no image for linux/amd64: the index names no platform');
  assert.match(context.hint ?? '', /by its digest/);
});
