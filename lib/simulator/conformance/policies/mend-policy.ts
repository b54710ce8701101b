import { currentAdminPolicy } from './current-admin-policy.ts';
import type { Manifest } from './write-objects.ts';

const LAST_PORT = 65_535;

interface Rule {
  readonly ports?: readonly { readonly endPort?: number }[];
}

/** Ports beyond the last one are none: a range that ends there ends at the last one. */
function mendRules(rules: unknown): unknown {
  if (!Array.isArray(rules)) return rules;
  return (rules as readonly Rule[]).map((rule) =>
    rule.ports === undefined
      ? rule
      : {
          ...rule,
          ports: rule.ports.map((port) =>
            (port.endPort ?? 0) > LAST_PORT ? { ...port, endPort: LAST_PORT } : port,
          ),
        },
  );
}

function mendNetworkPolicy(manifest: Manifest): Manifest {
  const spec = (manifest['spec'] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...manifest,
    spec: {
      ...spec,
      ...('ingress' in spec && { ingress: mendRules(spec['ingress']) }),
      ...('egress' in spec && { egress: mendRules(spec['egress']) }),
    },
  };
}

const withName = (manifest: Manifest, name: string): Manifest => ({
  ...manifest,
  metadata: { ...manifest.metadata, name },
});

/**
 * A policy that a table handed to an engine without an API server, as one that the API server takes and that means the same:
 * names are in lower case, port ranges end at 65535, the one baseline policy is called `default`, peers are written as the API
 * has them now.
 */
export function mendPolicy(
  manifest: Manifest,
  namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Manifest[] {
  const named = withName(manifest, (manifest.metadata?.name ?? '').toLowerCase());
  if (manifest.kind === 'NetworkPolicy') return [mendNetworkPolicy(named)];
  const isBaseline = manifest.kind === 'BaselineAdminNetworkPolicy';
  return currentAdminPolicy(isBaseline ? withName(manifest, 'default') : named, namespaces);
}

const keyOf = ({ kind = '', metadata }: Manifest) =>
  `${kind} ${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;

/**
 * The policies of a case, each mended. An engine that is handed a list takes two of one name as two; in a cluster the second
 * would replace the first, so it gets a name of its own.
 */
export function mendPolicies(
  manifests: readonly Manifest[],
  namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Manifest[] {
  const counts = new Map<string, number>();
  return manifests
    .flatMap((manifest) => mendPolicy(manifest, namespaces))
    .map((manifest) => {
      const count = (counts.get(keyOf(manifest)) ?? 0) + 1;
      counts.set(keyOf(manifest), count);
      return count === 1 ? manifest : withName(manifest, `${manifest.metadata?.name}-${count}`);
    });
}
