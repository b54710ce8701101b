import { ask, type Call } from './call.ts';

interface DiscoveredResource {
  readonly resource: string;
  readonly responseKind: { readonly kind: string };
  readonly scope: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs: readonly string[];
}

/** A resource that the server serves in one version. */
export interface Discovered extends DiscoveredResource {
  readonly group: string;
  readonly apiVersion: string;
}

interface DiscoveryList {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly DiscoveredResource[];
    }[];
  }[];
}

/** All that the server serves, group after group, the preferred version of each first. */
export function discover(call: Call): Discovered[] {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  return ['/api', '/apis'].flatMap((path) => {
    const answer = ask<DiscoveryList>(call, { method: 'GET', path, headers: { accept } });
    return (answer.ok ? answer.value.items : []).flatMap(({ metadata: { name = '' }, versions }) =>
      versions.flatMap(({ version, resources = [] }) =>
        resources.map((resource) => ({
          ...resource,
          group: name,
          apiVersion: name === '' ? version : `${name}/${version}`,
        })),
      ),
    );
  });
}
