import type { ConfigMap } from '../api/core/config-map.ts';
import type { Namespace } from '../api/core/namespace.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller } from './controller.ts';

const NAME = 'kube-root-ca.crt';

/** A certificate authority called `kubernetes`, valid until 2126, whose key nobody has: clusters here sign nothing. */
const AUTHORITY =
  'MIIBgDCCASegAwIBAgIUUJcLsnfy+dOmWjgU5S11M7GZfkkwCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjMwNDEzNTBaGA8yMTI2MTAzMDA0MTM1MFowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBwOioqdo309iU0CJEbqY2/gwgKp8QU0uknpgaYQQKlJz1bXeODeKm+yeOesvnzmUJf2iX+sjd7ObSiZaHyiZ5qjUzBRMB0GA1UdDgQWBBQyjqKLEjTdCrBPYkYLtwNUc61OtjAfBgNVHSMEGDAWgBQyjqKLEjTdCrBPYkYLtwNUc61OtjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCICVxA75UzQKSozGxkmASibRQTvaZqzWSHIYFEokSH6pjAiArqsVFomstwlD2f+wEj7tZYhgJn23SLTkRvkZMDAPafg==';

const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

const data = {
  'ca.crt': `-----BEGIN CERTIFICATE-----\n${AUTHORITY.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
};

/** Gives every namespace the certificate of the API server's authority. Source: pkg/controller/certificates/rootcacertpublisher. */
export const rootCaController: Controller = {
  name: 'root-ca-certificate-publisher-controller',
  keysOf({ type, object: { kind, metadata } }) {
    if (kind === 'Namespace' && type !== 'DELETED') return [metadata.name];
    return kind === 'ConfigMap' && metadata.name === NAME ? [metadata.namespace ?? ''] : [];
  },
  reconcile(namespace, { store }) {
    const home = store.get<Namespace>('Namespace', undefined, namespace);
    if (!home || home.metadata.deletionTimestamp !== undefined) return;
    const present = store.get<ConfigMap>('ConfigMap', namespace, NAME);
    if (present) {
      if (!isSameJson(present.data, data)) store.update<ConfigMap>({ ...present, data });
      return;
    }
    store.create<ConfigMap>({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: NAME,
        namespace,
        annotations: { 'kubernetes.io/description': DESCRIPTION },
      },
      data,
    });
  },
};
