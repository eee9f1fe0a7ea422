/** The login of a job in GitLab CI to the registry of its own GitLab (GitLab Docs, "Predefined CI/CD variables"). */

import type { Cloud } from './session.js';

/** Each with the user that it goes with. */
const PASSWORDS = ['CI_REGISTRY_PASSWORD', 'CI_JOB_TOKEN'] as const;

export const gitlab: Cloud = {
  matches: (host, { CI_REGISTRY: own }) => Boolean(own) && host === own?.toLowerCase().replace(/:443$/, ''),
  async find(_host, { env, onSecret }) {
    const variable = PASSWORDS.find((name) => env[name]);
    const password = variable && env[variable];
    if (!variable || !password) return undefined;
    onSecret(password);
    // Also the user that a job token goes with.
    return {
      credential: { username: env['CI_REGISTRY_USER'] || 'gitlab-ci-token', password },
      source: variable,
    };
  },
};
