import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * A locally administered unicast address for a device that the kernel would draw at random: decided by what the device
 * is for, so that making one moves no other choice.
 */
export function deviceMac(purpose: string): string {
  const [first = 0, ...rest] = sha256(utf8ToBytes(purpose)).slice(0, 6);
  return [(first & 0xfc) | 0x02, ...rest]
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join(':');
}
