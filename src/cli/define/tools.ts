/** `reg doctor`, `reg serve`, `reg ref` and `reg version`. */

import { Option, type Command } from 'commander';

import { parseBytes } from '../output/bytes.js';
import { parseDuration } from '../flags/duration.js';
import { addJsonFlag, addNetworkFlags, addStoreFlag, collect } from '../flags/flags.js';
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
      'Look at all that lies between this machine and an image, a line for each check: proxy, name, connection, certificate, clock, login, token, limits, and what the registry can do. Nothing is changed anywhere, and no secret is shown; --push alone begins an upload, and calls it off. Without an argument, look at this machine: logins, proxies, mirrors, certificates, store. The exit code is the highest of what was found wrong.',
    )
    .argument('[target]', 'a registry, such as ghcr.io or app:5000/, or an image')
    .option(
      '--push',
      'also begin an upload beside the image, and call it off, to see whether pushes are taken',
    );
  addJsonFlag(command, 'print one JSON object a check');
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
      'Serve the local store as a registry, for docker, podman, skopeo and reg to pull from and push to, until it is stopped. With --proxy-of, be a cache of other registries instead: what is asked for is fetched once, with the logins of this machine, and kept.',
    )
    .option(
      '--listen <address>',
      'host:port to listen on (default: 127.0.0.1:5000); port 0 takes a free one',
      '127.0.0.1:5000',
    )
    .option('--read-only', 'refuse pushes and deletes')
    .addOption(
      new Option(
        '--proxy-of <host>',
        'be a cache of this registry, kept in the store (repeatable; requests that name none are for the first)',
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--fresh-for <time>',
        'believe a tag so long before it is asked for again, such as 1m',
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
        'what requests under way may take when it is told to end (default: 5s)',
      ).argParser((text) => parseDuration(text, '--grace')),
    )
    .option('--tls-cert <file>', 'speak https with this certificate (PEM)')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--auth <htpasswd:file>', 'ask for a login that stands in a file as "htpasswd -B" writes it')
    .addOption(
      new Option('--log <mode>', 'one line a request on stderr: plain, json, none')
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
    .description(
      'Show the parts of references, read as docker reads them. Exit code 2 when one of them is not valid.',
    )
    .argument('<ref...>', 'references; - reads them from standard input, one a line');
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
