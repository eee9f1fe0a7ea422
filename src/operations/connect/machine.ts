/** How this machine is set up to reach registries: read from the files that other tools have, when a host is asked. */

import type { Folders } from '../../config/folders.js';
import { createMachineSettings, type MachineSettings } from '../../config/host-settings.js';
import { systemAuthorities } from '../../config/system-authorities.js';
import type { RouteLookup, SettingsLookup } from '../../spec/route.js';
import { quoteText } from '../../spec/text.js';

export interface MachineOptions {
  readonly folders: Folders;
  /** Such as `process.env`: for `SSL_CERT_FILE`, `SSL_CERT_DIR`, `CONTAINERS_REGISTRIES_CONF` and `REG_MIRRORS`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Mirrors, each as `HOST=URL`, before those that the environment and files name; "none" leaves all of them out. */
  readonly mirrors?: readonly string[] | undefined;
  /** Whether proxies that files name for single hosts count; default true. */
  readonly withProxies?: boolean | undefined;
  /** Told, for debugging, which file decided. */
  readonly onNotice?: ((notice: { readonly type: 'debug'; readonly message: string }) => void) | undefined;
}

/** What a client asks of the machine. */
export interface MachineLookups {
  readonly settingsFor: SettingsLookup;
  readonly routeFor: RouteLookup;
  readonly systemAuthorities: () => Promise<readonly string[]>;
}

/** The folders and files that say how to reach a host. They throw INVALID_CONFIG, DISK_ERROR. */
export function settingsFilesOf(options: MachineOptions): (host: string) => Promise<readonly string[]> {
  const machine = settingsOf(options);
  return async (host) => (await machine.settings(host)).from;
}

/**
 * What `connect` and `login` want to know of this machine: the settings, mirrors and certificates that docker, podman and
 * containerd are given. No I/O before the first request. The lookups throw INVALID_CONFIG, DISK_ERROR.
 */
export function machineOptions(options: MachineOptions): MachineLookups {
  const { env = {}, onNotice } = options;
  const say = (message: string): void => onNotice?.({ type: 'debug', message });
  const machine = settingsOf(options);
  return {
    async settingsFor(host) {
      const { settings, from } = await machine.settings(host);
      for (const path of from) say(`how to reach ${host} is said by ${quoteText(path)}`);
      return settings;
    },
    routeFor: (image) => machine.route(image),
    systemAuthorities() {
      say('nobody else vouches for the host: asking whom the system trusts');
      return systemAuthorities(env);
    },
  };
}

function settingsOf({ folders, env = {}, mirrors, withProxies }: MachineOptions): MachineSettings {
  return createMachineSettings({
    folders,
    withProxies,
    registriesConf: env['CONTAINERS_REGISTRIES_CONF'],
    mirrors: { flags: mirrors, variable: env['REG_MIRRORS'] },
  });
}
