/** Docker Hub, which goes by several host names. */

/** Its host in references. */
export const DOCKER_HUB = 'docker.io';

const HOSTS: ReadonlySet<string> = new Set([DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io']);

/** Whether `host` is one of its names, in a reference, a URL or docker's config.json. */
export function isDockerHub(host: string): boolean {
  return HOSTS.has(host);
}

/** Whether two hosts are one registry. */
export function isSameRegistry(one: string, other: string): boolean {
  return one === other || (isDockerHub(one) && isDockerHub(other));
}
