import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  bareHostname,
  isLoopback,
  isPrivateAddress,
  isPrivateHost,
} from '../../../src/registry/net/addresses.js';

test('addresses that the internet does not route are private', () => {
  for (const address of [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'fd12::1',
    'ff02::1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
  ]) {
    assert.ok(isPrivateAddress(address), address);
  }
});

test('addresses on the internet are not', () => {
  for (const address of [
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.1.1',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    'example.com',
  ]) {
    assert.ok(!isPrivateAddress(address), address);
  }
});

test('this machine is known by its names and addresses', () => {
  for (const host of ['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.8.8.8', '::1'])
    assert.ok(isLoopback(host), host);
  for (const host of ['localhost.example.com', 'mylocalhost', '128.0.0.1', '10.0.0.1', ''])
    assert.ok(!isLoopback(host), host);
  assert.ok(
    isPrivateHost('localhost') && isPrivateHost('10.0.0.1') && !isPrivateHost('internal.example.com'),
  );
});

test('host names are compared without brackets and without a dot at the end', () => {
  assert.equal(bareHostname(new URL('http://[::1]:5000/')), '::1');
  assert.equal(bareHostname(new URL('http://LocalHost.:5000/')), 'localhost');
});
