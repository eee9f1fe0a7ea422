/** What Node 22.15 added, and the types of Node 20, which we compile against, do not know. */

declare module 'tls' {
  function getCACertificates(type: 'system'): string[];
}
