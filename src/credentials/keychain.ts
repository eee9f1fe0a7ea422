/**
 * The keychain of the operating system (macOS Keychain, Windows Credential Manager, libsecret) as a program that speaks
 * the protocol of credential helpers; the only home of keytar. A program of its own because what keytar calls cannot be
 * called off, and a process that waits for it cannot end but by being killed (libuv joins its threads).
 *
 *     node keychain.js get|store|erase
 */

import process, { argv, platform, stderr, stdin, stdout } from 'node:process';
import { text } from 'node:stream/consumers';

import type { deletePassword, setPassword } from 'keytar';

import { parseJsonObject } from '../spec/json.js';

/** The service that all entries are under. The account is a host, what is kept as password the username and the secret. */
const SERVICE = 'reg';

/** An account that is no host. */
const PROBE = 'is it unlocked?';

const NOT_FOUND = 'credentials not found in native keychain';
const FAILED = 1;
/** Exit code where there is no keychain, or none that was ever set up. */
const NO_KEYCHAIN = 3;

/** How libsecret says that, in the English of `LC_ALL=C`. */
const ABSENCE = /d-?bus|org\.freedesktop\.|could not connect|object does not exist at path/i;

interface Keytar {
  readonly deletePassword: typeof deletePassword;
  readonly setPassword: typeof setPassword;
}

try {
  await act(argv[2], await text(stdin));
} catch (error) {
  stderr.write(error instanceof Error ? error.message : 'failed');
  process.exitCode = isAbsence(error) ? NO_KEYCHAIN : FAILED;
}

async function act(action: string | undefined, input: string): Promise<void> {
  const { default: keytar } = await import('keytar');
  if (action === 'store') {
    const { ServerURL, Username, Secret } = parseJsonObject(Buffer.from(input), { what: 'the login' });
    return keytar.setPassword(SERVICE, String(ServerURL), JSON.stringify({ Username, Secret }));
  }
  const found = action === 'erase' ? await erase(keytar, input) : await keytar.getPassword(SERVICE, input);
  if (found === null && platform === 'linux') await refuseLocked(keytar);
  stdout.write(found ?? NOT_FOUND);
  if (found === null) process.exitCode = FAILED;
}

async function erase(keytar: Keytar, account: string): Promise<string | null> {
  return (await keytar.deletePassword(SERVICE, account)) ? '' : null;
}

/** libsecret finds nothing in a collection that is locked, and does not say why; but it puts nothing there. */
async function refuseLocked(keytar: Keytar): Promise<void> {
  await keytar.setPassword(SERVICE, PROBE, 'nothing');
  await keytar.deletePassword(SERVICE, PROBE);
}

/** Whether keytar could not be loaded, or found nobody to talk to. */
function isAbsence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return 'code' in error || /native addon/.test(error.message) || ABSENCE.test(error.message);
}
