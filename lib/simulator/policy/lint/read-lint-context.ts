import type { CronJob } from '../../api/batch/cron-job.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { cidrsOf } from '../../base/cidr.ts';
import type { ObjectReader } from '../read-policy-world.ts';
import type { DnsFacts, LintContext, PodTemplate, ServiceFacts } from './lint-context.ts';

/** How the cluster is set up, as far as the linter asks. */
export interface ClusterFacts {
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly dnsServiceIp: string;
  /** A DNS cache on every node answers the pods of that node. */
  readonly nodeDns?: 'none' | 'cache';
}

const WORKLOADS = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'ReplicationController',
];

type Workload = KubeObject & {
  spec: { template?: { metadata?: { labels?: Record<string, string> } } };
};

/** Labels of pods that workloads make. */
function readTemplates(reader: ObjectReader): PodTemplate[] {
  const plain = WORKLOADS.flatMap((kind) => reader.list<Workload>(kind));
  const planned = reader
    .list<CronJob>('CronJob')
    .map(
      ({ metadata, spec }) =>
        ({ metadata, spec: spec.jobTemplate.spec ?? {} }) as unknown as Workload,
    );
  return [...plain, ...planned].map(({ metadata, spec }) => ({
    namespace: metadata.namespace ?? 'default',
    labels: spec.template?.metadata?.labels ?? {},
  }));
}

const addressesOf = ({ spec }: Service): readonly string[] =>
  (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])).filter(
    (address) => address !== 'None' && address !== '',
  );

/** The Service that has the DNS's address, and the pods that answer for it now. */
function readDns(
  reader: ObjectReader,
  { dnsServiceIp, nodeDns }: ClusterFacts,
): DnsFacts | undefined {
  if (nodeDns === 'cache') return undefined;
  const service = reader
    .list<Service>('Service')
    .find((each) => addressesOf(each).includes(dnsServiceIp));
  if (!service) return undefined;
  const { name, namespace = 'default' } = service.metadata;
  const endpoints = reader
    .list<EndpointSlice>('EndpointSlice')
    .filter(
      ({ metadata }) =>
        metadata.namespace === namespace && metadata.labels?.[SERVICE_NAME_LABEL] === name,
    )
    .flatMap((slice) =>
      slice.endpoints
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap(({ addresses }) =>
          (slice.ports ?? [])
            // Metrics stand beside the DNS on some set-ups.
            .filter(({ name: port = '' }) => port.startsWith('dns') || port === '')
            .flatMap(({ protocol = 'TCP', port }) =>
              port === undefined ? [] : addresses.map((address) => ({ address, protocol, port })),
            ),
        ),
    );
  return endpoints.length > 0 ? { service: `${namespace}/${name}`, endpoints } : undefined;
}

/** What the linter needs to know besides pods and policies, of the objects as they are. */
export function readLintContext(reader: ObjectReader, facts: ClusterFacts): LintContext {
  const dns = readDns(reader, facts);
  return {
    templates: readTemplates(reader),
    services: reader.list<Service>('Service').map((service): ServiceFacts => ({
      key: `${service.metadata.namespace}/${service.metadata.name}`,
      addresses: addressesOf(service),
    })),
    podRanges: cidrsOf(facts.podCidr),
    serviceRanges: cidrsOf(facts.serviceCidr),
    ...(dns && { dns }),
    withoutDns: new Set(
      reader
        .list<Pod>('Pod')
        .filter(({ spec }) => spec.dnsPolicy === 'Default' || spec.dnsPolicy === 'None')
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    ),
  };
}
