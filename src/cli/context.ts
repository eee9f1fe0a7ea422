/** What a command gets: its arguments, and the client and the store made from flags and environment when asked for. */

import { once } from '../content/once.js';
import type { Layout, LayoutOptions } from '../layout/layout.js';
import type { LoginPlace } from '../operations/logins/login.js';
import type { Connection } from '../operations/connect/connect.js';
import type { ClientOptions } from '../registry/client-options.js';
import type { Redactor } from '../spec/redactor.js';
import type { SharedFlags } from './flags/flags.js';
import type { Template } from './format/template.js';
import type { Io } from './io.js';
import { createOutput, type Output } from './output/output.js';
import type { Progress } from './progress/types.js';

export interface Context<Flags = unknown> {
  readonly io: Io;
  readonly args: readonly string[];
  readonly flags: Flags & SharedFlags;
  readonly output: Output;
  readonly progress: Progress;
  /** To be told every secret as soon as it is known. */
  readonly redactor: Redactor;
  /** Aborted when the command is to end. */
  readonly signal: AbortSignal;
  /** Asks for so many milliseconds more to end in, once the signal is aborted. */
  readonly allow: (ms: number) => void;
  /** How to reach registries, without credentials. Throws INVALID_ARGUMENT. */
  readonly clientOptions: () => Promise<ClientOptions>;
  /** Where logins are kept. Throws INVALID_CONFIG. */
  readonly loginPlace: () => Promise<LoginPlace>;
  /**
   * The one client of this run, with the credentials of this machine; closed at the end of the run. `hosts` are the
   * registries that the command names, to which logins for this command alone may go; default: those of the references
   * among its arguments.
   */
  readonly client: (hosts?: readonly string[]) => Promise<Connection>;
  /** The one local store of this run, made when it does not exist. Throws INVALID_CONFIG, STORE_CORRUPT, DISK_ERROR. */
  readonly store: (options?: Pick<LayoutOptions, 'unnamedLifeMs'>) => Promise<Layout>;
}

/** A module in commands/: loaded when its command is run. */
export interface CommandModule<Flags> {
  run(context: Context<Flags>): Promise<void>;
}

export interface ContextOptions<Flags> extends Pick<
  Context<Flags>,
  'io' | 'args' | 'flags' | 'progress' | 'redactor' | 'signal' | 'allow'
> {
  /** What `--format` says. */
  readonly template?: Template | undefined;
  /** Takes what is to be done at the end of the run, whatever came of it. */
  readonly onClose: (close: () => Promise<void>) => void;
}

export function createContext<Flags>(options: ContextOptions<Flags>): Context<Flags> {
  const { flags, io, onClose, progress, template } = options;
  const connection = once(() => import('./open/connection.js'));
  const output = createOutput(io.stdout, {
    ...flags,
    template,
    note: (message) => progress.notice({ type: 'info', message }),
  });
  if (template !== undefined) onClose(async () => output.end());
  return {
    ...options,
    output,
    clientOptions: async () => (await connection()).toClientOptions(options),
    loginPlace: async () => (await connection()).loginPlace(options),
    client: once(async (hosts) => {
      const { openClient } = await connection();
      const client = await openClient(options, hosts);
      onClose(() => client.close());
      return client;
    }),
    store: once(async (unnamed) => {
      const { openStore } = await import('./open/local-store.js');
      const store = await openStore(options, unnamed);
      onClose(() => store.close());
      return store;
    }),
  };
}
