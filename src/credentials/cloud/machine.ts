/**
 * Whose machine this is, as its firmware says: only on a cloud's own machine is its metadata service asked. Elsewhere
 * that address leads nowhere, or to somebody else; and every pull of a public image would wait for it.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Linux shows what the firmware says (SMBIOS); readable by everybody, in containers, too. */
const FIRMWARE = '/sys/class/dmi/id';

/** The tag of every virtual machine in Azure (cloud-init, `ChassisAssetTag.AZURE_CLOUD`). */
const AZURE_TAG = '7783-7084-3265-9085-8269-3286-77';

type Owner = 'AWS' | 'Google' | 'Azure';

/** Undefined for a machine of nobody's that we know, and where the system does not tell. */
export async function ownerOfMachine(firmware = FIRMWARE): Promise<Owner | undefined> {
  const says = async (name: string): Promise<string> => {
    try {
      return (await readFile(join(firmware, name), 'utf8')).trim();
    } catch {
      // Not Linux, or no such firmware: then there is nothing to be known.
      return '';
    }
  };
  // AWS, EC2 User Guide, "Detect whether a host is an EC2 instance"; the older ones run on Xen.
  if ((await says('sys_vendor')) === 'Amazon EC2' || /amazon/.test(await says('bios_version'))) return 'AWS';
  // google-auth-library, `detect_gce_residency_linux`.
  if ((await says('product_name')).startsWith('Google')) return 'Google';
  return (await says('chassis_asset_tag')) === AZURE_TAG ? 'Azure' : undefined;
}
