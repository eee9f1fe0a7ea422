/**
 * All that this machine says of registries, from whichever tool it has. Where an image is read from, the first that says
 * something decides alone:
 *
 *     --mirror ──▶ REG_MIRRORS ──▶ the person's files ──▶ those of the system
 *                                  docker, podman         docker, podman, containerd
 *
 * What is set for one host is put together from all of them.
 */

import { once } from '../content/once.js';
import { readCertsD } from './certs-d.js';
import { createContainerd } from './containerd.js';
import { parseDaemonJson, type DaemonJson } from './daemon-json.js';
import { certificateFolders, containerdFolder, daemonFiles, type Folders } from './folders.js';
import { routeBySettings, type MirrorSettings } from './mirror-setting.js';
import type { HostSettings, ImageName, Route } from '../spec/route.js';
import { INSECURE, readRegistries, refuseBlocked, routeBy, type Registries } from './registries.js';
import { readSettingsFile } from './settings-file.js';

export interface MachineFiles {
  readonly folders: Folders;
  /** Value of `CONTAINERS_REGISTRIES_CONF`. */
  readonly registriesConf?: string | undefined;
  readonly mirrors?: MirrorSettings | undefined;
  /** Whether proxies of files count. Default true. */
  readonly withProxies?: boolean | undefined;
}

export interface MachineSettings {
  /** What is set for a host, and the folders and files that say so. Throws INVALID_CONFIG, DISK_ERROR. */
  readonly settings: (
    host: string,
  ) => Promise<{ readonly settings: HostSettings; readonly from: readonly string[] }>;
  /** Undefined where images come from the registry itself. Throws DENIED, INVALID_ARGUMENT, INVALID_CONFIG, DISK_ERROR. */
  readonly route: (image: ImageName) => Promise<Route | undefined>;
}

/** Each file is read once, when it is first needed. */
export function createMachineSettings({
  folders,
  registriesConf,
  mirrors = {},
  withProxies = true,
}: MachineFiles): MachineSettings {
  const { user, system } = daemonFiles(folders);
  const containerd = createContainerd(containerdFolder(folders), { withProxies });
  const readFiles = once(async () => ({
    own: await readDaemons(user),
    shared: await readDaemons(system),
    registries: await readRegistries({ ...folders, named: registriesConf }),
  }));
  return {
    async route(image) {
      const { own, shared, registries } = await readFiles();
      const table = registries.find(image);
      if (table !== undefined) refuseBlocked(table);
      const byTable = table === undefined ? undefined : routeBy(table, image);
      return (
        routeBySettings(mirrors, image) ??
        routeByDocker(own, image) ??
        (table?.isOwn ? byTable : undefined) ??
        routeByDocker(shared, image) ??
        byTable ??
        containerd.route(image)
      );
    },
    async settings(host) {
      const { own, shared, registries } = await readFiles();
      const [files, told] = await Promise.all([
        readCertsD(certificateFolders(folders), host),
        containerd.settings(host),
      ]);
      const insecure = insecureFiles(host, { daemons: [...own, ...shared], registries });
      return {
        settings: {
          ...(insecure.length > 0 && INSECURE),
          ...told?.settings,
          authorities: [...files.authorities, ...(told?.settings.authorities ?? [])],
          identity: files.identity ?? told?.settings.identity,
        },
        from: [...files.from, ...insecure, ...(told === undefined ? [] : [told.from])],
      };
    },
  };
}

function routeByDocker(daemons: readonly DaemonJson[], image: ImageName): Route | undefined {
  return daemons.map((daemon) => daemon.route(image)).find((route) => route !== undefined);
}

function insecureFiles(
  host: string,
  { daemons, registries }: { readonly daemons: readonly DaemonJson[]; readonly registries: Registries },
): readonly string[] {
  const table = registries.find({ domain: host, path: '' });
  return [
    ...daemons.filter((daemon) => daemon.isInsecure(host)).map(({ file }) => file),
    ...(table?.insecure ? [table.file] : []),
  ];
}

async function readDaemons(files: readonly string[]): Promise<readonly DaemonJson[]> {
  const found = await Promise.all(files.map((file) => readSettingsFile(file)));
  return files.flatMap((file, at) => {
    const bytes = found[at];
    return bytes === undefined ? [] : [parseDaemonJson(bytes, file)];
  });
}
