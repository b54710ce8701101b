import { addToBridge, removeFromBridge } from './bridge.ts';
import { addToCalico, removeFromCalico } from './calico.ts';
import type { CniHost } from './cni-host.ts';
import { failed, type CniOutcome, type CniResult } from './cni-result.ts';
import type {
  ChainPosition,
  CniArguments,
  NetworkConfiguration,
  PluginConfiguration,
} from './network-configuration.ts';
import { addPortMappings, removePortMappings } from './portmap.ts';

function addPlugin(
  plugin: PluginConfiguration,
  position: ChainPosition,
  cniArguments: CniArguments,
  host: CniHost,
): CniOutcome {
  switch (plugin.type) {
    case 'bridge':
      return addToBridge(plugin, position, cniArguments, host);
    case 'calico':
      return addToCalico(plugin, position, cniArguments, host);
    case 'portmap':
      return addPortMappings(plugin, position, cniArguments, host);
  }
}

/**
 * CNI ADD of a configuration list: each plug-in in order, each with the result of the one before. The failure names
 * the plug-in, as libcni does (libcni/api.go, `AddNetworkList`).
 */
export function addNetworkList(
  { name: network, cniVersion, plugins }: NetworkConfiguration,
  cniArguments: CniArguments,
  host: CniHost,
): CniOutcome {
  let previous: CniResult | undefined;
  for (const plugin of plugins) {
    const position = { network, cniVersion, ...(previous ? { previous } : {}) };
    const outcome = addPlugin(plugin, position, cniArguments, host);
    if (!outcome.ok) {
      return failed(
        `plugin type="${plugin.type}" name="${network}" failed (add): ${outcome.message}`,
      );
    }
    previous = outcome.result;
  }
  return previous ? { ok: true, result: previous } : failed('no plug-ins');
}

/** CNI DEL of a configuration list: the last plug-in first (`DelNetworkList`). */
export function removeNetworkList(
  { name: network, cniVersion, plugins }: NetworkConfiguration,
  cniArguments: CniArguments,
  host: CniHost,
): void {
  for (const plugin of [...plugins].reverse()) {
    switch (plugin.type) {
      case 'bridge':
        removeFromBridge(plugin, { network, cniVersion }, cniArguments, host);
        break;
      case 'calico':
        removeFromCalico(plugin, { network, cniVersion }, cniArguments, host);
        break;
      case 'portmap':
        removePortMappings(plugin, { network, cniVersion }, cniArguments, host);
        break;
    }
  }
}
