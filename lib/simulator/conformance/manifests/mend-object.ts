import { matchesLabelSelector, type LabelSelector } from '../../api/meta/label-selector.ts';
import type { Manifest } from '../policies/write-objects.ts';
import { validLabels } from './read-manifests.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What stands in for an image that a table leaves out. */
const IMAGE = 'registry.k8s.io/pause:3.10';

const asFields = (value: unknown) => (value ?? {}) as Fields;

function mendContainer(container: unknown, index: number): Fields {
  return { name: `container-${index}`, image: IMAGE, ...asFields(container) };
}

/** The containers of a pod's spec have names and images; those of an analyzer's input need neither. */
function mendPodSpec(value: unknown): Fields {
  const spec = asFields(value);
  const containers = (spec['containers'] ?? [{}]) as readonly unknown[];
  return { ...spec, containers: containers.map(mendContainer) };
}

function mendTemplate(value: unknown): Fields {
  const template = asFields(value);
  return { ...template, spec: mendPodSpec(template['spec']) };
}

function mendSpec(kind: string | undefined, value: unknown): Fields {
  const spec = asFields(value);
  if (kind === 'Pod') return mendPodSpec(spec);
  if (kind === 'CronJob') {
    const job = asFields(spec['jobTemplate']);
    return { ...spec, jobTemplate: { ...job, spec: mendSpec('Job', job['spec']) } };
  }
  if (spec['template'] === undefined) return spec;
  const template = mendTemplate(spec['template']);
  return { ...spec, template, ...mendSelector(kind, spec['selector'], template) };
}

const labelsOf = (template: Fields) =>
  (asFields(template['metadata'])['labels'] ?? {}) as Readonly<Record<string, string>>;

/** A controller that would not find its own pods is refused; analyzers look at the template alone. */
function mendSelector(kind: string | undefined, selector: unknown, template: Fields): Fields {
  if (kind === 'Job' || kind === 'ReplicationController') return {};
  const labels = labelsOf(template);
  const finds = selector !== undefined && matchesLabelSelector(selector as LabelSelector, labels);
  return finds ? {} : { selector: { matchLabels: labels } };
}

/** A pod as a template describes it, with the name of whoever the template is of. */
export function podOfTemplate(manifest: Manifest): Manifest {
  const spec = asFields(manifest['spec']);
  const job = asFields(asFields(spec['jobTemplate'])['spec']);
  const template = mendTemplate(spec['template'] ?? job['template']);
  const { namespace, name = '' } = manifest.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-0`,
      ...(namespace !== undefined && { namespace }),
      labels: { ...labelsOf(template) },
    },
    spec: { ...asFields(template['spec']), restartPolicy: 'Always' },
  };
}

/**
 * An object from somebody's cluster or repository as one that he would apply: without what the server fills in, and without
 * owners, who are not there and whose absence would have it collected.
 */
export function mendObject(manifest: Manifest): Manifest {
  const { status, metadata, ...rest } = manifest as Manifest & { readonly status?: unknown };
  const { name = '', namespace, labels, annotations } = metadata ?? {};
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(labels && { labels: validLabels(labels) }),
      ...(annotations && { annotations }),
    },
    ...('spec' in manifest && { spec: mendSpec(manifest.kind, manifest['spec']) }),
  };
}
