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
      push: 'push an image from the local store, a directory or an archive',
      copy: 'copy an image from anywhere to anywhere',
      save: 'save images from the local store as one archive',
      load: 'load the images in an archive into the local store',
      sync: 'mirror images between registries, as listed in a file',
    }),
  },
  {
    title: 'Local store',
    commands: from(store, {
      images: 'list the images in the local store',
      tag: 'add names to an image, here or at its registry',
      rmi: 'remove images from the local store',
      verify: 'check every byte of the local store',
      prune: 'delete what no image in the local store needs',
    }),
  },
  {
    title: 'Inspecting',
    commands: [
      ...from(look, {
        inspect: 'show what an image is made of',
        digest: 'show the digest that a tag points to',
        manifest: 'print the manifest of an image',
        config: 'print the config of an image',
        history: 'show how an image was made, step by step',
        layers: 'list the layers of an image',
        size: 'show the size of images, over all platforms',
        tree: 'show an image with its parts, signatures and SBOMs',
        diff: 'show the differences between two images',
        referrers: 'list signatures, SBOMs and others that refer to an image',
        attestations: 'list attestations: how an image was built, what is in it',
      }),
      ...from(files, {
        files: 'list the files in an image',
        cat: 'print files from an image',
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
      unpack: 'unpack the file system of an image into a directory',
      export: 'write the file system of an image as a tar',
    }),
  },
  {
    title: 'Changing',
    commands: [
      ...from(edit, {
        delete: 'delete tags and images at a registry',
        edit: 'change labels, environment, command or user of an image',
        annotate: 'set annotations on an image or an index',
        append: 'add tars or directories to an image as layers',
        rebase: 'move an image onto a new base image',
      }),
      {
        name: 'index',
        summary: 'create and change multi-platform indexes',
        commands: from(indexes, {
          create: 'create an index from images',
          add: 'add images to an index',
          remove: 'remove images from an index',
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
        summary: 'store files of any kind in a registry',
        commands: from(artifact, {
          push: 'push files to a registry as an artifact',
          pull: 'pull the files of an artifact into a directory',
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
        logout: 'log out of a registry',
        whoami: 'show who is logged in to a registry',
      }),
      {
        name: 'auth',
        summary: 'pass a login to other programs',
        commands: from(auth, { get: 'print the login for a registry, including the secret' }),
        examples: ['reg auth get ghcr.io | jq -r .Secret'],
      },
    ],
  },
  {
    title: 'Tools',
    commands: [
      ...from(tools, {
        doctor: 'find out why a registry cannot be reached or refuses access',
        serve: 'serve the local store as a registry',
        ref: 'split references into their parts',
      }),
      {
        name: 'completion',
        summary: 'set up command-line completion in a shell',
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
