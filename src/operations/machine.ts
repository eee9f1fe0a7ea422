/** How this machine is set up to reach registries: read from the files that other tools have, when a host is asked. */

import { readCertsD } from '../config/certs-d.js';
import { certificateFolders, type Folders } from '../config/folders.js';
import { systemAuthorities } from '../config/system-authorities.js';
import type { ClientOptions } from '../registry/client.js';
import { quoteText } from '../spec/text.js';

export interface MachineOptions {
  readonly folders: Folders;
  /** Such as `process.env`: for `SSL_CERT_FILE` and `SSL_CERT_DIR`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told, for debugging, which file decided. */
  readonly onNotice?: ((notice: { readonly type: 'debug'; readonly message: string }) => void) | undefined;
}

/** For `connect` and `login`. No I/O before the first request. */
export function machineOptions({
  folders,
  env = {},
  onNotice,
}: MachineOptions): Required<Pick<ClientOptions, 'settingsFor' | 'systemAuthorities'>> {
  const say = (message: string): void => onNotice?.({ type: 'debug', message });
  return {
    async settingsFor(host) {
      const { authorities, identity, from } = await readCertsD(certificateFolders(folders), host);
      for (const folder of from) say(`certificates for ${host} are from ${quoteText(folder)}`);
      return { authorities, identity };
    },
    systemAuthorities() {
      say('nobody else vouches for the host: asking whom the system trusts');
      return systemAuthorities(env);
    },
  };
}
