/** The keychain of the system: whom `reg login` has put logins there for, and whether it opens. */

import { OsKeychain } from '../../../credentials/os-keychain.js';
import { RegError } from '../../../errors.js';
import { bad, good, none, type Check } from '../check.js';
import type { MachineSubject } from '../machine-subject.js';

export const keychain: Check<MachineSubject> = {
  check: 'keychain',
  title: 'Keychain',
  async look({ keychainIndex, env }) {
    if (keychainIndex === undefined) return none('there is no home to note its logins in');
    const kept = new OsKeychain({ index: keychainIndex, env });
    const hosts = [...(await kept.list()).keys()];
    const [first] = hosts;
    if (first === undefined) return none('no login is there');
    const logins = `${hosts.length} ${hosts.length === 1 ? 'login' : 'logins'}`;
    // One of them shows whether it opens.
    if ((await kept.get(first)) !== undefined) return good(`opens, and has ${logins}`, { hosts });
    const hint = `Somebody took it out: run "reg login ${first}".`;
    return bad(new RegError('CREDENTIALS_UNAVAILABLE', `the login for ${first} is gone`, { hint }), {
      hosts,
    });
  },
};
