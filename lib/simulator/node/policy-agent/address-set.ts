import type { IpVersion } from '../../base/ip.ts';
import type { LabelSelector } from '../../api/meta/label-selector.ts';
import type { PodPeer } from '../../policy/normal-policy.ts';
import type { PolicyProtocol } from '../../policy/policy-protocol.ts';
import type { PolicyPod, PolicyWorld } from '../../policy/policy-world.ts';
import { hashText } from '../kube-proxy/chain-names.ts';
import { disjointNetworks, type NetworkBlock } from './disjoint-networks.ts';

/** Which pods: those of one namespace by name, or of the namespaces that a selector finds. */
export type PodSelection = Pick<PodPeer, 'namespaces' | 'pods'>;

/** What a set of addresses stands for. */
export type SetMeaning =
  /** Addresses of pods that have a network of their own. */
  | { readonly of: 'pods'; readonly pods: PodSelection }
  | { readonly of: 'nodes'; readonly nodes: LabelSelector }
  /** Networks that do not overlap, none of length 0. */
  | { readonly of: 'networks'; readonly networks: readonly string[] }
  /** Addresses of pods with their ports of a name; of every pod of the cluster where none are said. */
  | {
      readonly of: 'named-ports';
      readonly pods?: PodSelection;
      readonly port: string;
      readonly protocol?: PolicyProtocol;
    };

/**
 * A set of addresses that rules look into. What is in it is a matter of the cluster (`SetContents`); what it stands for, and
 * so its name, is a matter of policies alone.
 */
export interface AddressSet {
  /** 16 characters of base 32, the same on every node and for every policy that means the same. Dialects put words before. */
  readonly name: string;
  readonly meaning: SetMeaning;
}

/** What is in a set now. */
export interface SetContents {
  readonly set: AddressSet;
  /** In the order of the pods' and nodes' names; each element once. */
  readonly elements: Readonly<Record<IpVersion, readonly string[]>>;
  /** Whether a pod, as it is or was, may have to do with it. */
  mayHold(pod: PolicyPod, namespaces: PolicyWorld['namespaces']): boolean;
}

/** Elements: an address, a network (`10.0.0.0/8`), or with a port `10.0.0.1,tcp:80`. */
export type SetElementKind = 'addresses' | 'networks' | 'ports';

/** Which of these a set holds: dialects make a set of another type for each. */
export function elementKindOf({ meaning }: AddressSet): SetElementKind {
  switch (meaning.of) {
    case 'pods':
    case 'nodes':
      return 'addresses';
    case 'networks':
      return 'networks';
    case 'named-ports':
      return 'ports';
  }
}

/** Sets by what they stand for, as text: whoever means the same gets the same object. No state: made again from policies. */
const known = new Map<string, AddressSet>();
const MOST_KNOWN = 50_000;

function setOf(meaning: SetMeaning): AddressSet {
  const text = JSON.stringify(meaning);
  const found = known.get(text);
  if (found) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const made: AddressSet = { name: hashText(text, 16), meaning };
  known.set(text, made);
  return made;
}

const selectionOf = ({ namespaces, pods }: PodSelection): PodSelection => ({ namespaces, pods });

/** The addresses of the pods of a selection. */
export const podSet = (pods: PodSelection) => setOf({ of: 'pods', pods: selectionOf(pods) });

/** The addresses that nodes with such labels have in their status. */
export const nodeSet = (nodes: LabelSelector) => setOf({ of: 'nodes', nodes });

/** The addresses of blocks, without those that are left out of them. */
export const networkSet = (blocks: readonly NetworkBlock[]) =>
  setOf({ of: 'networks', networks: disjointNetworks(blocks) });

/** Pods with their port of a name, which may be another number on each of them. */
export const namedPortSet = (
  port: string,
  protocol: PolicyProtocol | undefined,
  pods: PodSelection | undefined,
) =>
  setOf({
    of: 'named-ports',
    port,
    ...(protocol && { protocol }),
    ...(pods && { pods: selectionOf(pods) }),
  });

/** Of which family an element is: an address, a network, or an address with a port. */
export const versionOfElement = (element: string): IpVersion => (/^[^,.]*:/.test(element) ? 6 : 4);

/**
 * Whether a set may have elements of a family, now or later; where not, no rule of the family need ask for it. Networks alone
 * are of the families that they are written in.
 */
export const mayHoldFamily = ({ meaning }: AddressSet, version: IpVersion): boolean =>
  meaning.of !== 'networks' ||
  meaning.networks.some((network) => versionOfElement(network) === version);
