import type { Layer } from '#lib/simulator/index.ts';
import {
  BookAIcon,
  BoxIcon,
  DoorOpenIcon,
  FunnelIcon,
  GlobeIcon,
  LockKeyholeIcon,
  ServerIcon,
  ShieldIcon,
  SignpostIcon,
  type IconComponent,
} from '#components/ui/icons.tsx';

/** Each layer has a glyph and a word; its colour never appears without them. */
export const LAYERS: Readonly<
  Record<Layer, { readonly Icon: IconComponent; readonly word: string }>
> = {
  pod: { Icon: BoxIcon, word: 'pod' },
  node: { Icon: ServerIcon, word: 'node' },
  service: { Icon: SignpostIcon, word: 'Service' },
  netfilter: { Icon: FunnelIcon, word: 'netfilter' },
  dns: { Icon: BookAIcon, word: 'DNS' },
  policy: { Icon: ShieldIcon, word: 'policy' },
  gateway: { Icon: DoorOpenIcon, word: 'gateway' },
  mesh: { Icon: LockKeyholeIcon, word: 'mesh' },
  internet: { Icon: GlobeIcon, word: 'outside' },
};
