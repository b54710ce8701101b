import { parseCidr } from '../../base/cidr.ts';
import { formatIp, ipVersion, parseIp } from '../../base/ip.ts';
import { invalid, type FieldProblem } from '../schema/field-problem.ts';

const NO_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const NO_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** Problems of an address that must be spelt as Go prints it (`IsValidIP`): the name of an IPAddress. */
export function ipProblems(text: string): string[] {
  const ip = parseIp(text);
  if (!ip) return [NO_IP];
  const canonical = formatIp(ip);
  return canonical === text ? [] : [`must be in canonical form ("${canonical}")`];
}

export const isIp = (text: string): boolean => ipVersion(text) !== undefined;

/**
 * A prefix with its length (`IsValidCIDRForLegacyField`). Simplified: addresses with leading zeros are refused, where the API
 * warns of them.
 */
export const validateCidr = (text: string, field: string): FieldProblem[] =>
  text.includes('/') && parseCidr(text) ? [] : [invalid(field, text, NO_CIDR)];
