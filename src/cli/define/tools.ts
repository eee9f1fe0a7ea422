/** `reg doctor`, `reg serve`, `reg ref` and `reg version`. */

import { Option, type Command } from 'commander';

import { parseBytes } from '../units/bytes.js';
import { parseDuration } from '../units/duration.js';
import { addJsonFlag, addStoreFlag } from '../flags/flags.js';
import { addNetworkFlags } from '../flags/network-flags.js';
import { collect } from '../flags/option-values.js';
import { addExamples, type Act } from './act.js';

export const define = {
  doctor: defineDoctor,
  serve: defineServe,
  ref: defineRef,
  version: defineVersion,
};

function defineDoctor(command: Command, act: Act): void {
  command
    .description(
      'Check everything between this machine and an image, one line per check: proxy, name, connection, certificate, ' +
        'clock, login, token, limits, and what the registry supports. Nothing is changed, and no secret is shown; only ' +
        '--push starts an upload, and cancels it. Without an argument, check this machine: logins, proxies, mirrors, ' +
        'certificates, store. The exit code is the highest of all problems found.',
    )
    .argument('[target]', 'a registry, such as ghcr.io or app:5000/, or an image')
    .option(
      '--push',
      'also start an upload to the repository, and cancel it, to see whether pushes are allowed',
    );
  addJsonFlag(command, 'print one JSON object per check');
  addStoreFlag(command);
  addNetworkFlags(command);
  addExamples(command, [
    'reg doctor',
    'reg doctor ghcr.io',
    'reg doctor --json ghcr.io/owner/app:1.0',
    'reg doctor --push ghcr.io/owner/app',
  ]);
  command.action(act(() => import('../commands/doctor.js')));
}

function defineServe(command: Command, act: Act): void {
  command
    .description(
      'Serve the local store as a registry that docker, podman, skopeo and reg can pull from and push to, until stopped. ' +
        'With --proxy-of, act as a pull-through cache for other registries: what clients ask for is fetched once, with the ' +
        'logins of this machine, and kept.',
    )
    .option(
      '--listen <address>',
      'host:port to listen on (default: 127.0.0.1:5000); port 0 picks a free one',
      '127.0.0.1:5000',
    )
    .option('--read-only', 'refuse pushes and deletes')
    .addOption(
      new Option(
        '--proxy-of <host>',
        'cache this registry in the store (repeatable; requests that name none go to the first)',
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--fresh-for <time>',
        'trust a cached tag for this long before checking it again, such as 1m',
      ).argParser((text) => parseDuration(text, '--fresh-for')),
    )
    .addOption(
      new Option('--max-blob-size <size>', 'refuse larger blobs, such as 10GB').argParser((text) =>
        parseBytes(text, '--max-blob-size'),
      ),
    )
    .addOption(
      new Option(
        '--grace <time>',
        'how long requests under way may take after a signal to stop (default: 5s)',
      ).argParser((text) => parseDuration(text, '--grace')),
    )
    .option('--tls-cert <file>', 'serve https with this certificate (PEM)')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--auth <htpasswd:file>', 'require a login from a file written by "htpasswd -B"')
    .addOption(
      new Option('--log <mode>', 'one line per request on stderr: plain, json, none')
        .choices(['plain', 'json', 'none'])
        .default('plain'),
    );
  addStoreFlag(command);
  addNetworkFlags(command);
  addExamples(command, [
    'reg serve',
    'reg serve --proxy-of docker.io --proxy-of ghcr.io --listen 0.0.0.0:5000',
    'reg serve --listen 0.0.0.0:5000 --read-only --store /srv/images',
    'reg serve --listen 0.0.0.0:443 --tls-cert host.crt --tls-key host.key',
    'reg serve --auth htpasswd:users --log json',
  ]);
  command.action(act(() => import('../commands/serve.js')));
}

function defineRef(command: Command, act: Act): void {
  command
    .description('Show the parts of references, as docker parses them. Exit code 2 if one is not valid.')
    .argument('<ref...>', 'references; - reads them from standard input, one per line');
  addJsonFlag(command, 'print one JSON object for each');
  addExamples(command, ['reg ref nginx ghcr.io/owner/app:1.0', 'reg ref --json - < names.txt']);
  command.action(act(() => import('../commands/ref.js')));
}

function defineVersion(command: Command, act: Act): void {
  command.description('Show the versions of reg and of the Node that runs it.');
  addJsonFlag(command);
  addExamples(command, ['reg version', 'reg version --json']);
  command.action(act(() => import('../commands/version.js')));
}
