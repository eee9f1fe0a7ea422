/** `reg doctor` */

import { randomBytes } from 'node:crypto';

import { certificateFolders } from '../../config/folders.js';
import { wallTime } from '../../content/system-clock.js';
import { exitCodeOf, RegError } from '../../errors.js';
import type { Finding } from '../../operations/doctor/check.js';
import { examineMachine, examineRegistry } from '../../operations/doctor/doctor.js';
import type { MachineSubject } from '../../operations/doctor/machine-subject.js';
import { subjectOf, type RegistrySubject } from '../../operations/doctor/registry-subject.js';
import { parseTarget } from '../../operations/target.js';
import { settingsFilesOf } from '../../operations/connect/machine.js';
import { digestOf } from '../../spec/digest.js';
import { isObject } from '../../spec/json.js';
import { formatBytes } from '../units/bytes.js';
import type { Context } from '../context.js';
import { describeFinding } from '../views/doctor.js';
import { containersAuthFiles, dockerConfigFile, keychainIndexFile, settingsFolders } from '../environment.js';
import { readPackage } from '../package.js';
import { createStyle } from '../output/style.js';

type DoctorContext = Context<{ readonly push?: true }>;

export async function run(context: DoctorContext): Promise<void> {
  const { args, output } = context;
  const [target] = args;
  const machine = await machineOf(context);
  const findings =
    target === undefined
      ? examineMachine(machine)
      : examineRegistry(await registryOf(target, context), machine);
  const show = shower(context);
  const failed: RegError[] = [];
  const blocked: string[] = [];
  let count = 0;
  for await (const finding of findings) {
    count += 1;
    const human = (): void => {
      if (finding.blockedBy === undefined) show(finding);
      else blocked.push(finding.title);
    };
    output.result(toJson(finding, context), { human });
    const { verdict, code, text, hint } = finding;
    if (verdict === 'bad' && code !== undefined)
      failed.push(new RegError(code, text, hint === undefined ? {} : { hint }));
  }
  if (blocked.length > 0)
    show({ check: '', verdict: 'none', title: 'Not looked at', text: blocked.join(', ') });
  if (failed.length > 0) throw summary(failed, count);
}

/** Of several faults the one with the highest exit code decides. */
function summary(failed: readonly RegError[], count: number): RegError {
  const [worst] = [...failed].sort((a, b) => exitCodeOf(b) - exitCodeOf(a));
  const message = `${failed.length} of ${count} checks found something wrong`;
  return new RegError(worst?.code ?? 'PROTOCOL_ERROR', message);
}

async function registryOf(target: string, context: DoctorContext): Promise<RegistrySubject> {
  const { client, clientOptions, flags, io, signal } = context;
  const { host, image } = parseTarget(target);
  const { routeFor = nowhere } = await clientOptions();
  const { push: mayPush = false } = flags;
  if (mayPush && image === undefined)
    throw new RegError('INVALID_ARGUMENT', '--push needs an image, in whose repository to begin an upload');
  return subjectOf(host, {
    client: await client([host]),
    image,
    routeFor,
    settingsFiles: settingsFilesOf({ folders: settingsFolders(io), env: io.env, mirrors: flags.mirror }),
    mayPush,
    nothing: digestOf(randomBytes(32)),
    wallTime,
    signal,
  });
}

async function machineOf({ io, store, clientOptions }: Context): Promise<MachineSubject> {
  const { proxyFor = () => undefined, routeFor = nowhere } = await clientOptions();
  return {
    versions: { reg: readPackage().version, node: io.node },
    env: io.env,
    dockerConfig: dockerConfigFile(io),
    containersAuth: containersAuthFiles(io),
    keychainIndex: keychainIndexFile(io),
    certificates: certificateFolders(settingsFolders(io)),
    proxyFor,
    routeFor,
    store,
    formatBytes,
  };
}

async function nowhere(): Promise<undefined> {}

/** Colours are for terminals. */
function shower({ io, output, redactor }: Context): (finding: Finding) => void {
  const env = io.stdout.isTTY && io.env['TERM'] !== 'dumb' ? io.env : { ...io.env, NO_COLOR: '1' };
  const style = createStyle(env, io.platform);
  const redact = (text: string): string => redactor.redact(text);
  return (finding) => {
    const lines = describeFinding(finding, { style, redact });
    output.raw(Buffer.from(`${lines.join('\n')}\n`));
  };
}

function toJson({ facts, ...finding }: Finding, { redactor }: Context): unknown {
  return withEachText({ ...finding, ...facts }, (text) => redactor.redact(text));
}

/** A copy of `value` with `change` done to every text in it. */
function withEachText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => withEachText(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withEachText(item, change)]));
}
