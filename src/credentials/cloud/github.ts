/**
 * The login of a job in GitHub Actions to GitHub's registry (GitHub Docs, "Working with the Container registry"). Only
 * with `GITHUB_ACTOR` beside it, which is set there: elsewhere a `GITHUB_TOKEN` often may do anything but this, and the
 * registry refuses even what is public to a token that it does not like.
 */

import type { Cloud } from './session.js';

export const github: Cloud = {
  matches: (host) => host === 'ghcr.io',
  async find(_host, { env, onSecret }) {
    const username = env['GITHUB_ACTOR'];
    const password = env['GITHUB_TOKEN'];
    if (!username || !password) return undefined;
    onSecret(password);
    return { credential: { username, password }, source: 'GITHUB_TOKEN' };
  },
};
