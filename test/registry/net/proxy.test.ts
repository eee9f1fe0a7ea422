import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { hasCode } from '../../../src/errors.js';
import { proxyFromEnvironment } from '../../../src/registry/net/proxy.js';

const SECURE = new URL('https://registry.test');
const PLAIN = new URL('http://registry.test');

function hostFor(url: URL, ...[env, options]: Parameters<typeof proxyFromEnvironment>): string | undefined {
  return proxyFromEnvironment(env, options)(url)?.hostname;
}

test('each scheme has its variable, lower case goes first, ALL_PROXY is for the rest', () => {
  const all = { http_proxy: 'a', HTTP_PROXY: 'b', https_proxy: 'c', HTTPS_PROXY: 'd', ALL_PROXY: 'e' };
  assert.equal(hostFor(PLAIN, all), 'a');
  assert.equal(hostFor(SECURE, all), 'c');
  assert.equal(hostFor(PLAIN, { HTTP_PROXY: 'b', https_proxy: 'c' }), 'b');
  assert.equal(hostFor(SECURE, { HTTPS_PROXY: 'd', http_proxy: 'a' }), 'd');
  assert.equal(hostFor(SECURE, { http_proxy: 'a' }), undefined);
  assert.equal(hostFor(PLAIN, { all_proxy: 'e', ALL_PROXY: 'f' }), 'e');
  assert.equal(hostFor(SECURE, { https_proxy: '', HTTPS_PROXY: '', ALL_PROXY: 'f' }), 'f');
  assert.equal(hostFor(SECURE, {}), undefined);
});

test('a CGI program does not take HTTP_PROXY, which its client may have sent', () => {
  const env = { REQUEST_METHOD: 'GET', HTTP_PROXY: 'evil', HTTPS_PROXY: 'good' };
  assert.equal(hostFor(PLAIN, env), undefined);
  assert.equal(hostFor(SECURE, env), 'good');
  assert.equal(hostFor(PLAIN, { ...env, http_proxy: 'good' }), 'good');
});

test('NO_PROXY holds for every setting, in lower case first', () => {
  assert.equal(hostFor(SECURE, { HTTPS_PROXY: 'a', NO_PROXY: 'test' }), undefined);
  assert.equal(hostFor(SECURE, { HTTPS_PROXY: 'a', no_proxy: 'other', NO_PROXY: 'test' }), 'a');
  assert.equal(hostFor(SECURE, { NO_PROXY: 'test' }, { proxy: 'a' }), undefined);
});

test('the setting of a flag takes the place of the variables', () => {
  assert.equal(hostFor(SECURE, { HTTPS_PROXY: 'a' }, { proxy: 'b' }), 'b');
  assert.equal(hostFor(PLAIN, {}, { proxy: 'b' }), 'b');
  assert.equal(hostFor(SECURE, { HTTPS_PROXY: 'a' }, { proxy: 'none' }), undefined);
  assert.equal(hostFor(SECURE, { HTTPS_PROXY: 'a' }, { proxy: '' }), undefined);
  assert.equal(hostFor(SECURE, { HTTPS_PROXY: 'a' }, { proxy: undefined }), 'a');
});

test('this machine is never reached by a proxy', () => {
  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]']) {
    assert.equal(hostFor(new URL(`https://${host}:5000`), { ALL_PROXY: 'a' }), undefined, host);
  }
});

test('the URL of a proxy is read, with and without scheme, port and login', () => {
  const read = (text: string): unknown => {
    const { from, ...proxy } = proxyFromEnvironment({ HTTPS_PROXY: text })(SECURE) ?? {};
    assert.equal(from, 'HTTPS_PROXY');
    return proxy;
  };
  assert.deepEqual(read('http://proxy.test:3128'), { isSecure: false, hostname: 'proxy.test', port: 3128 });
  assert.deepEqual(read(' proxy.test:3128 '), { isSecure: false, hostname: 'proxy.test', port: 3128 });
  assert.deepEqual(read('HTTP://proxy.test/'), { isSecure: false, hostname: 'proxy.test', port: 80 });
  assert.deepEqual(read('https://[2001:db8::1]'), { isSecure: true, hostname: '2001:db8::1', port: 443 });
  assert.deepEqual(read('http://alice:p%40ss%2Fw%C3%B6rd:@proxy.test:8080'), {
    isSecure: false,
    hostname: 'proxy.test',
    port: 8080,
    login: { username: 'alice', password: 'p@ss/wörd:' },
  });
  assert.deepEqual(read('alice@proxy.test'), {
    isSecure: false,
    hostname: 'proxy.test',
    port: 80,
    login: { username: 'alice', password: '' },
  });
});

test('a setting that is no proxy is refused by its name, without a word of it', () => {
  for (const text of [
    'http://',
    'socks5://u:hunter2@squid.test:1080',
    'http://u:hunter2@squid.test:port',
    'http://u:%hunter2@squid.test',
    'http://u:80/hunter2@squid.test',
    'http://u:80?hunter2@squid.test',
    'http://u:80#hunter2@squid.test',
    'http://u:hunter2@',
    'http://hun ter2',
  ]) {
    const proxyFor = proxyFromEnvironment({ all_proxy: text });
    assert.throws(
      () => proxyFor(SECURE),
      (error) => {
        assert.ok(hasCode(error, 'INVALID_CONFIG'));
        assert.match(error.message, /^all_proxy is not the URL of an http or https proxy$/);
        assert.doesNotMatch(inspect(error), /hunter2|squid/);
        return true;
      },
      text,
    );
  }
});
