/** The variables that decide about logins, by their names alone. */

import { good, none, type Check } from '../check.js';
import type { MachineSubject } from '../machine-subject.js';

const NAMES = [
  'REG_REGISTRY',
  'REG_USERNAME',
  'REG_PASSWORD',
  'DOCKER_AUTH_CONFIG',
  'DOCKER_CONFIG',
  'REGISTRY_AUTH_FILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'AZURE_CLIENT_SECRET',
  'AZURE_FEDERATED_TOKEN_FILE',
  'IDENTITY_ENDPOINT',
  'GITHUB_TOKEN',
  'CI_REGISTRY',
];

export const environment: Check<MachineSubject> = {
  check: 'environment',
  title: 'Variables',
  async look({ env }) {
    const set = NAMES.filter((name) => env[name]);
    return set.length === 0 ? none('none about logins') : good(set.join(', '), { variables: set });
  },
};
