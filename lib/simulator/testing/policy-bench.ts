import { SECOND } from '../base/clock.ts';
import { ipVersion, type IpVersion } from '../base/ip.ts';
import type { Pod } from '../api/core/pod.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { startCluster, WORKSTATION } from '../bootstrap.ts';
import { DUAL_STACK_CLUSTER, type ClusterOptions } from '../cluster-options.ts';
import type { Cluster } from '../cluster.ts';
import { signalProcess, startProcess } from '../linux/process.ts';
import type { Program } from '../linux/program.ts';
import { addRoute } from '../linux/routes.ts';
import { printTrace } from '../trace/print-trace.ts';
import { aPod, aService } from './objects.ts';

type Asked = 'tcp' | 'udp' | 'sctp' | 'icmp';

/** `ask PROTOCOL ADDRESS PORT`: a connection, an association, a datagram or a ping; ends with 0 when it is answered. */
const ASK: Program = {
  name: 'ask',
  start([protocol = 'tcp', address = '', text = '0'], calls) {
    const to = { address, port: Number(text) };
    if (protocol === 'tcp' || protocol === 'sctp') {
      const result = calls.connect(to, protocol === 'sctp' ? { protocol } : {});
      if (!result.ok) calls.exit(2);
      return {};
    }
    const opened = protocol === 'icmp' ? calls.openPing() : calls.openUdp();
    if (!opened.ok) calls.exit(2);
    else if (protocol === 'icmp') calls.sendEcho(opened.socket, address, 1);
    else calls.sendTo(opened.socket, to, { kind: 'bytes', text: 'hostname' });
    return {};
  },
  handle(_state, event, calls) {
    if (['connected', 'datagram', 'echo-reply'].includes(event.type)) calls.exit(0);
    else if (event.type === 'failed') {
      calls.print(event.error);
      calls.exit(1);
    }
  },
};

/** Pod → namespace, node, app. */
const PODS: Readonly<Record<string, readonly [namespace: string, node: string, app: string]>> = {
  client: ['shop', 'node-a', 'client'],
  near: ['shop', 'node-a', 'web'],
  far: ['shop', 'node-b', 'web'],
  visitor: ['guest', 'node-b', 'visitor'],
};

const SERVER = ['netexec', '--http-port=8080', '--udp-port=8081', '--sctp-port=8082'];

function must(result: { ok: boolean; status?: { message?: string } }): void {
  if (!result.ok) throw new Error(result.status?.message ?? 'refused');
}

/** Two nodes, both families, a server in every pod, and a Service of every sort that policies see differently. */
export class PolicyBench {
  readonly cluster: Cluster;

  /** `empty`: without the namespaces, pods and Services that rows are about. */
  constructor(options: Partial<ClusterOptions>, content: 'full' | 'empty' = 'full') {
    this.cluster = startCluster(
      { ...DUAL_STACK_CLUSTER, networkPolicies: 'enforced', ...options },
      'policies',
      1_767_603_600_000_000,
    );
    Object.assign(this.cluster.environment.programs, { ask: ASK });
    if (content === 'empty') return;
    for (const name of ['shop', 'guest'])
      this.create({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { team: name } },
      });
    for (const [name, [namespace, nodeName, app]] of Object.entries(PODS))
      this.addPod(name, { namespace, nodeName, app });
    for (const family of [4, 6] as const) this.addServices(family);
    this.settle();
  }

  addPod(name: string, at: { namespace: string; nodeName: string; app: string }): void {
    const image = 'registry.k8s.io/e2e-test-images/agnhost:2.53';
    const ports = [
      { name: 'http', containerPort: 8080 },
      { name: 'talk', containerPort: 8081, protocol: 'UDP' as const },
    ];
    const containers = [{ name: 'main', image, args: SERVER, ports }];
    const pod = aPod(name, { nodeName: at.nodeName, containers }, { app: at.app });
    this.create({ ...pod, metadata: { ...pod.metadata, namespace: at.namespace } });
  }

  private addServices(family: IpVersion): void {
    const service = (name: string, spec: Parameters<typeof aService>[1]) => {
      const made = aService(`${name}-${family}`, {
        selector: { app: 'web' },
        ipFamilies: [family === 4 ? 'IPv4' : 'IPv6'],
        ...spec,
      });
      this.create({ ...made, metadata: { ...made.metadata, namespace: 'shop' } });
    };
    const port = { port: 80, targetPort: 8080 };
    service('web', { ports: [port] });
    service('front', { type: 'NodePort', ports: [{ ...port, nodePort: 30_080 + family }] });
    const local = { ...port, nodePort: 30_090 + family };
    service('local', { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [local] });
    service('self', { selector: { app: 'client' }, ports: [port] });
  }

  create(object: KubeObject): void {
    must(this.cluster.store.create(object));
  }

  settle(): void {
    this.cluster.settle();
    this.cluster.advance(3 * SECOND);
  }

  /** The network namespace of a pod, a node or the workstation. */
  namespaceOf(place: string): string {
    const pod = Object.values(this.cluster.network.namespaces).find(
      ({ label }) => label?.split('/')[1] === place,
    );
    return pod?.id ?? place;
  }

  /** Ends a process, and forgets it. */
  end(pid: number): void {
    const { network, environment } = this.cluster;
    if (network.processes[pid]?.exitCode === undefined)
      signalProcess(network, environment, pid, 'SIGKILL');
    delete network.processes[pid];
  }

  /** Of a pod, a node, or the workstation. */
  addressOf(place: string, family: IpVersion): string {
    const links = this.cluster.network.namespaces[this.namespaceOf(place)]?.links ?? {};
    const own = (links['eth0']?.addresses ?? []).map(({ address }) => address);
    return own.find((each) => ipVersion(each) === family && !each.startsWith('fe80')) ?? '';
  }

  private resolve(target: string, family: IpVersion): string {
    const service = this.cluster.store.get<KubeObject & { spec: { clusterIP: string } }>(
      'Service',
      'shop',
      `${target}-${family}`,
    );
    return service?.spec.clusterIP ?? this.addressOf(target, family);
  }

  /** `far:8080`, `web:80`, `far:8081/udp`, `far/icmp`: answered, silence, or an error. */
  ask(from: string, to: string, family: IpVersion): string {
    const [target = '', protocol = 'tcp'] = to.split('/') as [string, Asked];
    const [host = '', port = '0'] = target.split(':');
    const number = /^300[89]0$/.test(port) ? String(Number(port) + family) : port;
    const { network, environment } = this.cluster;
    const pid = startProcess(network, environment, {
      program: 'ask',
      args: [protocol, /^[\d.]+$|.:.*:/.test(host) ? host : this.resolve(host, family), number],
      namespace: this.namespaceOf(from),
      hostname: from,
      files: {},
      environment: {},
      tag: this.cluster.openTrace(`${from} to ${to}`),
    });
    const process = () => network.processes[pid]!;
    this.cluster.runUntil(() => process().exitCode !== undefined, 2 * SECOND);
    if (process().exitCode === undefined) return 'silence';
    return process().exitCode === 0 ? 'answered' : process().output;
  }

  /** A client outside sends to the cluster's addresses through node-a, as a router told to do so would. */
  routeFromOutside(): void {
    const outside = this.cluster.network.namespaces[WORKSTATION]!;
    for (const [destination, family] of [
      ['10.96.0.0/16', 4],
      ['fd00:10:96::/112', 6],
    ] as const) {
      const via = this.addressOf('node-a', family);
      addRoute(outside, { destination, via, device: 'eth0', protocol: 'static' });
    }
  }

  podNamed(name: string): Pod | undefined {
    return this.cluster.store.list<Pod>('Pod').find(({ metadata }) => metadata.name === name);
  }

  /** The newest trace as text. */
  lastTrace(): string {
    const trace = this.cluster.trace(Object.keys(this.cluster.state.traces).at(-1) ?? '');
    return trace ? printTrace(trace.steps) : 'no trace';
  }
}
