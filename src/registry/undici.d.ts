/**
 * The two modules of undici that we use, typed by undici's own types. Loading them takes 25 ms at every start of
 * `reg`, loading all of undici 65 ms.
 */

declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export = Pool;
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';

  interface Options extends Omit<Dispatcher.RequestOptions, 'body'> {
    readonly body?: Uint8Array | AsyncIterable<Uint8Array> | null;
  }
  function request(this: Dispatcher, options: Options): Promise<Dispatcher.ResponseData>;
  export = request;
}
