/** The load: pushes, pulls and what goes on beside them, several at once. */
import { join } from 'node:path';
import type { TestGraph } from '../support/images.js';
import type { Random } from './random.js';
import type { Rig } from './rig.js';
import { Tally } from './tally.js';
import type { Outcome, Tool } from './tools.js';

/** An image that somebody was told is there. */
export interface Kept {
  readonly reference: string;
  readonly graph: TestGraph;
}

export interface Report {
  readonly operations: Tally;
  readonly tools: Tally;
  readonly clearErrors: Tally;
  /** What no network may cause; each is a failure of the soak. */
  readonly oddities: string[];
  /** By host and by store: what must be there at the end. */
  readonly pushed: Map<string, Kept[]>;
  readonly pulled: Map<string, Kept[]>;
}

const OPERATIONS = { push: 8, pull: 10, relay: 3, tags: 1, prune: 1 };

export interface WorkOptions {
  readonly random: Random;
  readonly tools: readonly Tool[];
  readonly workers: number;
  readonly until: number;
  readonly stores: readonly string[];
}

/** Works until the time is over, and each worker's last operation has ended. */
export async function work({ sites, images }: Rig, options: WorkOptions): Promise<Report> {
  const { tools, workers, until, stores } = options;
  const report: Report = {
    operations: new Tally(),
    tools: new Tally(),
    clearErrors: new Tally(),
    oddities: [],
    pushed: new Map(sites.map(({ host }) => [host, []])),
    pulled: new Map(stores.map((store) => [store, []])),
  };
  let serial = 0;
  const newReference = (random: Random): { readonly host: string; readonly reference: string } => {
    const { host } = random.pick(sites);
    return { host, reference: `${host}/soak/app-${random.between(1, 4)}:${++serial}` };
  };
  const keep = (kept: Kept[] | undefined, thing: Kept, outcome: Outcome): void => {
    if (outcome.kind !== 'done') return;
    const { digest } = thing.graph.descriptor;
    if (outcome.digest === digest) kept?.push(thing);
    else report.oddities.push(`${thing.reference} came out as ${outcome.digest}, not ${digest}`);
  };

  const steps: Record<keyof typeof OPERATIONS, (tool: Tool, random: Random) => Promise<Outcome | undefined>> =
    {
      async push(tool, random) {
        const { host, reference } = newReference(random);
        const graph = await images.make();
        const outcome = await tool.push(graph, reference);
        keep(report.pushed.get(host), { reference, graph }, outcome);
        return outcome;
      },
      async pull(tool, random) {
        const known = [...report.pushed.values()].flat();
        if (known.length === 0) return undefined;
        const { reference, graph } = random.pick(known);
        const store = random.pick(stores);
        const outcome = await tool.pull(reference, store);
        keep(report.pulled.get(store), { reference, graph }, outcome);
        return outcome;
      },
      async relay(tool, random) {
        const store = random.pick(stores);
        const known = report.pulled.get(store) ?? [];
        if (known.length === 0) return undefined;
        const { reference: from, graph } = random.pick(known);
        const { host, reference } = newReference(random);
        const outcome = await tool.relay(from, reference, store);
        keep(report.pushed.get(host), { reference, graph }, outcome);
        return outcome;
      },
      async tags(tool, random) {
        const known = [...report.pushed.values()].flat();
        if (known.length === 0) return undefined;
        return tool.tags(random.pick(known).reference.replace(/:\d+$/, ''));
      },
      prune: (tool, random) => tool.prune(random.pick(stores)),
    };

  const worker = async (random: Random): Promise<void> => {
    while (Date.now() < until) {
      const operation = random.weighted(OPERATIONS);
      const tool = random.pick(tools);
      const outcome = await steps[operation](tool, random);
      if (outcome === undefined) continue;
      report.operations.add(operation);
      report.tools.add(tool.name);
      if (outcome.kind === 'clear error') report.clearErrors.add(outcome.what);
      if (outcome.kind === 'something else')
        report.oddities.push(`${operation}, ${tool.name}: ${outcome.what}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, () => worker(options.random.fork())));
  return report;
}

/** Where the pulls go: few stores, so that several processes write to the same one. */
export function storesIn(folder: string): readonly string[] {
  return ['one', 'two'].map((name) => join(folder, name));
}
