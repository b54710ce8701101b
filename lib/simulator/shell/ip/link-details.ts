import type { Link, NetworkNamespace } from '../../linux/network.ts';

const MAX_MTU: Readonly<Record<Link['kind'], number>> = {
  loopback: 0,
  dummy: 0,
  veth: 65_535,
  bridge: 65_535,
  vxlan: 65_535,
};

/** What a device is, as `-d` shows it. Simplified: of a bridge and its ports only what is simulated is listed. */
function kindText(link: Link, { sysctls }: NetworkNamespace): string {
  switch (link.kind) {
    case 'loopback':
      return '';
    case 'dummy':
      return '\n    dummy ';
    case 'veth':
      return '\n    veth ';
    case 'bridge': {
      const calls = sysctls['bridge.bridge-nf-call-iptables'] === '1' ? 1 : 0;
      return `\n    bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 vlan_filtering 0 bridge_id 8000.${link.mac} designated_root 8000.${link.mac} nf_call_iptables ${calls} `;
    }
    case 'vxlan': {
      const local = link.local === undefined ? '' : ` local ${link.local}`;
      const underlay = link.underlay === undefined ? '' : ` dev ${link.underlay}`;
      return `\n    vxlan id ${link.vni}${local}${underlay} srcport 0 0 dstport ${link.port}${link.learning === 'on' ? '' : ' nolearning'} ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx `;
    }
  }
}

const portText = ({ master, hairpin }: Link) =>
  master === undefined
    ? ''
    : `\n    bridge_slave state forwarding priority 32 cost 2 hairpin ${hairpin ? 'on' : 'off'} guard off root_block off fastleave off learning on flood on `;

/** What `ip -d link` adds to the second line of a device. */
export function detailText(link: Link, namespace: NetworkNamespace): string {
  const promiscuity = link.promiscuous || link.master !== undefined ? 1 : 0;
  const max = MAX_MTU[link.kind];
  const tail =
    'addrgenmode eui64 numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 ';
  return ` promiscuity ${promiscuity}  allmulti 0 minmtu ${link.kind === 'loopback' || link.kind === 'dummy' ? 0 : 68} maxmtu ${max} ${kindText(link, namespace)}${portText(link)}${tail}`;
}
