/**
 * Bodies that kubectl 1.32 and later send as protobuf: what `create deployment|service|configmap|namespace|
 * serviceaccount` make. The numbers are those of the generated.proto files of k8s.io/api and apimachinery.
 * Simplified: fields that those commands never set are skipped.
 */

/** `name`, `name:message`, `name[]`, `name{}` (a map of texts), `name#` (a number), `name?` (a number whose zero counts). */
type Message = Readonly<Record<number, string>>;

const MESSAGES: Readonly<Record<string, Message>> = {
  TypeMeta: { 1: 'apiVersion', 2: 'kind' },
  ObjectMeta: { 1: 'name', 2: 'generateName', 3: 'namespace', 11: 'labels{}', 12: 'annotations{}' },
  Namespace: { 1: 'metadata:ObjectMeta', 2: 'spec:NamespaceSpec' },
  NamespaceSpec: { 1: 'finalizers[]' },
  ConfigMap: { 1: 'metadata:ObjectMeta', 2: 'data{}' },
  ServiceAccount: { 1: 'metadata:ObjectMeta' },
  Service: { 1: 'metadata:ObjectMeta', 2: 'spec:ServiceSpec' },
  ServiceSpec: {
    1: 'ports[]:ServicePort',
    2: 'selector{}',
    3: 'clusterIP',
    4: 'type',
    5: 'externalIPs[]',
    7: 'sessionAffinity',
    10: 'externalName',
    11: 'externalTrafficPolicy',
  },
  ServicePort: {
    1: 'name',
    2: 'protocol',
    3: 'port#',
    4: 'targetPort:IntOrString',
    5: 'nodePort#',
  },
  IntOrString: { 1: 'type?', 2: 'intVal?', 3: 'strVal' },
  Deployment: { 1: 'metadata:ObjectMeta', 2: 'spec:DeploymentSpec' },
  DeploymentSpec: {
    1: 'replicas?',
    2: 'selector:LabelSelector',
    3: 'template:PodTemplateSpec',
    4: 'strategy:DeploymentStrategy',
  },
  DeploymentStrategy: { 1: 'type' },
  LabelSelector: { 1: 'matchLabels{}' },
  PodTemplateSpec: { 1: 'metadata:ObjectMeta', 2: 'spec:PodSpec' },
  PodSpec: { 2: 'containers[]:Container', 3: 'restartPolicy' },
  Container: { 1: 'name', 2: 'image', 3: 'command[]', 4: 'args[]', 6: 'ports[]:ContainerPort' },
  ContainerPort: { 1: 'name', 2: 'hostPort#', 3: 'containerPort#', 4: 'protocol' },
};

interface Wire {
  readonly number: number;
  /** A number for varints, bytes (one character each) otherwise. */
  readonly value: number | string;
}

/** Tags and values of one message; undefined when the bytes end in the middle. */
function readWire(bytes: string): Wire[] | undefined {
  const fields: Wire[] = [];
  let at = 0;
  const varint = (): number | undefined => {
    let result = 0;
    for (let shift = 0; shift < 63 && at < bytes.length; shift += 7) {
      const byte = bytes.charCodeAt(at++);
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined) return undefined;
    const number = Math.floor(tag / 8);
    const value = varint();
    if (value === undefined) return undefined;
    if (tag % 8 === 0) fields.push({ number, value });
    else if (tag % 8 === 2 && at + value <= bytes.length) {
      fields.push({ number, value: bytes.slice(at, at + value) });
      at += value;
    } else return undefined;
  }
  return fields;
}

/** Bytes, one character each, as the text they spell in UTF-8. */
function decodeUtf8(bytes: string): string {
  try {
    return decodeURIComponent(
      [...bytes].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''),
    );
  } catch {
    return bytes;
  }
}

function readEntry(bytes: string): [string, string] | undefined {
  const wire = readWire(bytes);
  if (!wire) return undefined;
  const text = (number: number) => {
    const value = wire.find((field) => field.number === number)?.value;
    return typeof value === 'string' ? decodeUtf8(value) : '';
  };
  return [text(1), text(2)];
}

function readField(
  target: Record<string, unknown>,
  notation: string,
  value: number | string,
): void {
  const [, name = '', mark = '', message] =
    /^(\w+)(\[\]|\{\}|#|\?)?(?::(\w+))?$/.exec(notation) ?? [];
  if (typeof value === 'number') {
    if (mark === '?' || value !== 0) target[name] = value;
    return;
  }
  if (mark === '{}') {
    const entry = readEntry(value);
    if (entry) target[name] = { ...(target[name] as object | undefined), [entry[0]]: entry[1] };
    return;
  }
  const inner = message === undefined ? decodeUtf8(value) : readMessage(value, message);
  if (mark === '[]') target[name] = [...((target[name] as unknown[] | undefined) ?? []), inner];
  else if (inner !== '' && inner !== undefined) target[name] = inner;
}

function readMessage(bytes: string, name: string): unknown {
  const wire = readWire(bytes);
  const message = MESSAGES[name];
  if (!wire || !message) return undefined;
  const result: Record<string, unknown> = {};
  for (const { number, value } of wire) {
    const notation = message[number];
    if (notation !== undefined) readField(result, notation, value);
  }
  if (name !== 'IntOrString') return result;
  return result['type'] === 1 ? result['strVal'] : (result['intVal'] ?? 0);
}

/** The mark that the API's protobuf bodies begin with. */
export const PROTOBUF_MARK = 'k8s\0';

/** A protobuf body (one character per byte) as plain data; undefined when it is none that we know. */
export function readProtobuf(body: string): unknown {
  if (!body.startsWith(PROTOBUF_MARK)) return undefined;
  const envelope = readWire(body.slice(PROTOBUF_MARK.length));
  const bytesOf = (number: number) => {
    const value = envelope?.find((field) => field.number === number)?.value;
    return typeof value === 'string' ? value : '';
  };
  const type = readMessage(bytesOf(1), 'TypeMeta') as
    { apiVersion?: string; kind?: string } | undefined;
  const object = type?.kind === undefined ? undefined : readMessage(bytesOf(2), type.kind);
  return object === undefined ? undefined : { ...type, ...(object as object) };
}
