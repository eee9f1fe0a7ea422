/**
 * Where logins are put: with the helper that config.json names for a host, else in the OS keychain, else, where there is
 * none, in config.json itself. A login that is kept takes the place of every other one for its host.
 */

import { hasCode, RegError } from '../errors.js';
import { cleanText } from '../spec/text.js';
import { formatEntry } from './auth-entry.js';
import type { ChangeOptions } from './config-file.js';
import type { Credential } from './credential.js';
import { helperSettingOf, readDockerConfig, removeEntries, setEntry } from './docker-config.js';
import type { HelperOptions } from './helper-program.js';
import { Helper } from './helper.js';
import { KEYCHAIN, OWN_HELPER, type OsKeychain } from './os-keychain.js';

export interface KeepOptions extends HelperOptions {
  /** Path of docker's config.json. */
  readonly file: string;
  readonly host: string;
  readonly keychain: OsKeychain;
  readonly change: ChangeOptions;
}

/** Where a person wants a login to be. */
export type StoreChoice =
  | { readonly kind: 'keychain' }
  | { readonly kind: 'file' }
  | { readonly kind: 'helper'; readonly name: string };

/** Where a login is going to be. */
export interface Keeper {
  /** `whatever`: in the keychain, or else in the file. */
  readonly kind: StoreChoice['kind'] | 'whatever';
  readonly helper?: Helper | undefined;
  /** What `credHelpers` has to say for the login to be found there; undefined: as it is. */
  readonly helperName?: string | undefined;
  /** Which helper has a login for the host so far. */
  readonly former?: Helper | undefined;
}

/** Throws INVALID_CONFIG, DISK_ERROR; CREDENTIALS_UNAVAILABLE where a helper is to keep it and is not there. */
export async function chooseKeeper(choice: StoreChoice | undefined, options: KeepOptions): Promise<Keeper> {
  const setting = helperSettingOf(await readDockerConfig(options.file), options.host);
  const isOwn = setting?.name === OWN_HELPER;
  const named = setting === undefined || isOwn ? undefined : new Helper(setting, options);
  if (choice?.kind === 'helper' && choice.name !== OWN_HELPER) {
    const helper = new Helper(
      { ...choice, where: '--store', hint: 'Install it, or choose another one.' },
      options,
    );
    await helper.check(options.host);
    return { kind: 'helper', helper, helperName: choice.name, former: named };
  }
  if (choice === undefined && named !== undefined) {
    await named.check(options.host);
    return { kind: 'helper', helper: named };
  }
  if (choice === undefined) return { kind: isOwn ? 'keychain' : 'whatever' };
  const kind = choice.kind === 'file' ? 'file' : 'keychain';
  const isHelperInTheWay = kind === 'file' ? setting !== undefined : named !== undefined;
  return { kind, helperName: isHelperInTheWay ? '' : undefined, former: named };
}

/**
 * Keeps a credential, and answers what keeps it now: `docker-credential-pass`, `the OS keychain`, the path of config.json.
 * Where it stands in config.json only because there is no keychain, that is said. Throws INVALID_CONFIG,
 * CREDENTIALS_UNAVAILABLE, DISK_ERROR, DISK_FULL, STORE_LOCKED.
 */
export async function keepCredential(
  credential: Credential,
  { keeper, ...options }: KeepOptions & { readonly keeper: Keeper },
): Promise<string> {
  const { kind, helper } = keeper;
  if (helper !== undefined) return keepWithHelper(credential, helper, { keeper, ...options });
  if (kind === 'file') return keepInFile(credential, { keeper, ...options });
  try {
    return await keepInKeychain(credential, { keeper, ...options });
  } catch (error) {
    if (!hasCode(error, 'UNSUPPORTED')) throw error;
    if (kind === 'keychain')
      throw new RegError('CREDENTIALS_UNAVAILABLE', error.message, { ...error.context });
    const reason = error.message.replace(/^cannot keep the login for \S+: /, '');
    const message = `${reason}: the login is in ${cleanText(options.file)}, in plain base64. Better is a credential helper: "reg login --store helper:NAME"`;
    options.onNotice?.({ type: 'warning', message });
    return keepInFile(credential, { keeper, ...options });
  }
}

type Keeping = KeepOptions & { readonly keeper: Keeper };

/** Beside a helper config.json gets an empty entry, as docker has it: so that other programs know of the login. */
async function keepWithHelper(credential: Credential, helper: Helper, options: Keeping): Promise<string> {
  const { file, host, change, keeper } = options;
  await helper.store(host, credential);
  await setEntry(file, { host, entry: {}, helper: keeper.helperName }, change);
  if (keeper.former?.program !== helper.program) await forgetFormer(options);
  await forgetInKeychain(options);
  return helper.program;
}

async function keepInKeychain(credential: Credential, options: Keeping): Promise<string> {
  const { file, host, change, keychain, keeper } = options;
  await keychain.store(host, credential, change);
  if (keeper.helperName === undefined) await removeEntries(file, host, change);
  else await setEntry(file, { host, entry: undefined, helper: keeper.helperName }, change);
  await forgetFormer(options);
  return KEYCHAIN;
}

async function keepInFile(credential: Credential, options: Keeping): Promise<string> {
  const { file, host, change, keeper } = options;
  await setEntry(file, { host, entry: formatEntry(credential), helper: keeper.helperName }, change);
  await forgetFormer(options);
  await forgetInKeychain(options);
  return file;
}

async function forgetFormer({ keeper: { former }, host, onNotice }: Keeping): Promise<void> {
  await tolerate(async () => former?.erase(host), onNotice);
}

async function forgetInKeychain({ keychain, host, change, onNotice }: Keeping): Promise<void> {
  await tolerate(() => keychain.erase(host, change), onNotice);
}

/** The new login is good: that an old one is still somewhere is no failure of it. */
async function tolerate(task: () => Promise<unknown>, onNotice: HelperOptions['onNotice']): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!hasCode(error, 'CREDENTIALS_UNAVAILABLE')) throw error;
    onNotice?.({ type: 'warning', message: `the former login is still there: ${error.message}` });
  }
}
