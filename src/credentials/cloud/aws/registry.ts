/** The registries of AWS: by their hosts, where each one's token is asked for (AWS General Reference, "Amazon ECR endpoints"). */

export interface EcrRegistry {
  readonly region: string;
  /** Where its tokens come from. */
  readonly api: URL;
  /** Names of service and action, as the API knows them. */
  readonly service: 'ecr' | 'ecr-public';
  readonly action: string;
}

const REGION = '(?<region>[a-z]{2}(?:-[a-z]+)+-[0-9])';
const USUAL = new RegExp(
  String.raw`^[0-9]{12}\.dkr\.ecr(?<fips>-fips)?\.${REGION}\.amazonaws\.com(?<cn>\.cn)?$`,
);
/** The hosts that have IPv6 addresses, too. */
const DUAL_STACK = new RegExp(String.raw`^[0-9]{12}\.dkr-ecr(?<fips>-fips)?\.${REGION}\.on\.aws$`);

const PRIVATE = {
  service: 'ecr',
  action: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
} as const;

/** Public registries have one region for their logins (ECR Public User Guide, "Registry authentication"). */
const PUBLIC: EcrRegistry = {
  region: 'us-east-1',
  api: new URL('https://api.ecr-public.us-east-1.amazonaws.com/'),
  service: 'ecr-public',
  action: 'SpencerFrontendService.GetAuthorizationToken',
};

/** Undefined for a host that is none of AWS's. */
export function parseEcrHost(host: string): EcrRegistry | undefined {
  if (host === 'public.ecr.aws') return PUBLIC;
  const usual = USUAL.exec(host)?.groups;
  if (usual !== undefined) {
    const { fips, region = '', cn = '' } = usual;
    const name = fips === undefined ? 'api.ecr' : 'ecr-fips';
    return { ...PRIVATE, region, api: new URL(`https://${name}.${region}.amazonaws.com${cn}/`) };
  }
  const { fips = '', region } = DUAL_STACK.exec(host)?.groups ?? {};
  if (region === undefined) return undefined;
  return { ...PRIVATE, region, api: new URL(`https://ecr${fips}.${region}.api.aws/`) };
}
