/**
 * Every command by its name, in the order of the help. What a command takes is read only when it is the one that was
 * asked for: reading the options of all of them would take longer than many a command does.
 */

import type { Define } from './act.js';
import type { CommandEntry, Leaf } from './entry.js';

interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandEntry[];
}

const account = () => import('./account.js');
const artifact = () => import('./artifact.js');
const auth = () => import('./auth.js');
const edit = () => import('./edit.js');
const files = () => import('./files.js');
const indexes = () => import('./indexes.js');
const list = () => import('./list.js');
const look = () => import('./look.js');
const rootfs = () => import('./rootfs.js');
const store = () => import('./store.js');
const tools = () => import('./tools.js');
const transfer = () => import('./transfer.js');

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: 'Images',
    commands: from(transfer, {
      pull: 'pull images from a registry into the local store',
      push: 'push an image from the local store, a folder or an archive',
      copy: 'copy an image from any place to any place',
      save: 'save images of the local store in one archive',
      load: 'load the images of an archive into the local store',
      sync: 'keep images alike at several registries, as a file says',
    }),
  },
  {
    title: 'Local store',
    commands: from(store, {
      images: 'list the images in the local store',
      tag: 'give an image more names, here or at its registry',
      rmi: 'remove images from the local store',
      verify: 'check every byte of the local store',
      prune: 'free what no image in the local store needs',
    }),
  },
  {
    title: 'Looking',
    commands: [
      ...from(look, {
        inspect: 'show what an image is made of',
        digest: 'show which digest a tag stands for',
        manifest: 'print the manifest of an image',
        config: 'print the config of an image',
        history: 'show how an image was made, step by step',
        layers: 'list the layers of an image',
        size: 'show how large images are, over all platforms',
        tree: 'show an image with its parts, signatures and SBOMs',
        diff: 'show how two images differ',
        referrers: 'list what refers to an image: signatures, SBOMs',
        attestations: 'show how an image was built, and what is in it',
      }),
      ...from(files, {
        files: 'list the files in an image',
        cat: 'print files of an image',
      }),
      ...from(list, {
        tags: 'list the tags of a repository at its registry',
        catalog: 'list the repositories of a registry',
        search: 'find public images on Docker Hub',
        limits: 'show how many pulls a registry still allows',
      }),
    ],
  },
  {
    title: 'File systems',
    commands: from(rootfs, {
      unpack: 'unpack the file system of an image into a folder',
      export: 'write the file system of an image as one tar',
    }),
  },
  {
    title: 'Changing',
    commands: [
      ...from(edit, {
        delete: 'delete tags and images at a registry',
        edit: 'change labels, variables, command and user of an image',
        annotate: 'set annotations of an image or an index',
        append: 'add layers of tars and folders to an image',
        rebase: 'put a new base under an image',
      }),
      {
        name: 'index',
        summary: 'make and change indexes of several platforms',
        commands: from(indexes, {
          create: 'make an index of images',
          add: 'add images to an index',
          remove: 'take images out of an index',
        }),
        examples: [
          'reg index create ghcr.io/me/app:1 ghcr.io/me/app:amd64 ghcr.io/me/app:arm64',
          'reg index add ghcr.io/me/app:1 ghcr.io/me/app:1-riscv64',
          'reg index remove ghcr.io/me/app:1 --platform linux/386',
        ],
      },
    ],
  },
  {
    title: 'Files',
    commands: [
      {
        name: 'artifact',
        summary: 'keep files of any kind in a registry',
        commands: from(artifact, {
          push: 'push files to a registry as an artifact',
          pull: 'pull the files of an artifact into a folder',
          attach: 'attach files to an image at its registry',
          list: 'list what is attached to an image',
        }),
        examples: [
          'reg artifact push ghcr.io/owner/notes:1.0 notes.md:text/markdown',
          'reg artifact pull ghcr.io/owner/notes:1.0',
          'reg artifact list ghcr.io/owner/app:1.0',
        ],
      },
    ],
  },
  {
    title: 'Registries',
    commands: [
      ...from(account, {
        login: 'log in to a registry',
        logout: 'forget the login of a registry',
        whoami: 'show who is logged in to a registry',
      }),
      {
        name: 'auth',
        summary: 'hand a login to other programs',
        commands: from(auth, { get: 'print the login for a registry, secret and all' }),
        examples: ['reg auth get ghcr.io | jq -r .Secret'],
      },
    ],
  },
  {
    title: 'Tools',
    commands: [
      ...from(tools, {
        doctor: 'find out why a registry cannot be reached, or lets nobody in',
        serve: 'serve the local store as a registry',
        ref: 'take references apart',
      }),
      {
        name: 'completion',
        summary: 'have a shell complete command lines of reg',
        define: async (command, act) =>
          (await import('./completion.js')).defineCompletion(command, { act, entries: allCommands }),
      },
      ...from(tools, { version: 'show the versions of reg and Node' }),
    ],
  },
];

/** Commands that one file of this folder defines, each with its summary. */
function from<Name extends string>(
  load: () => Promise<{ readonly define: Readonly<Record<NoInfer<Name>, Define>> }>,
  summaries: Readonly<Record<Name, string>>,
): readonly Leaf[] {
  return Object.entries<string>(summaries).map(([name, summary]) => ({
    name,
    summary,
    async define(command, act) {
      const { define }: { readonly define: Readonly<Record<string, Define>> } = await load();
      define[name]?.(command, act);
    },
  }));
}

function allCommands(): readonly CommandEntry[] {
  return COMMAND_GROUPS.flatMap(({ commands }) => commands);
}
