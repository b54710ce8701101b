import type { Image } from '../linux/image.ts';
import { HTTPD_FILES } from './server/httpd.ts';
import { NGINX_FILES } from './server/nginx.ts';

const MEBIBYTE = 1024 * 1024;

const COREUTILS = [
  'sh',
  'cat',
  'env',
  'hostname',
  'ls',
  'echo',
  'sleep',
  'date',
  'true',
  'false',
  'printf',
  'tail',
];
const BUSYBOX = [
  ...COREUTILS,
  'wget',
  'nslookup',
  'ping',
  'nc',
  'ip',
  'grep',
  'head',
  'wc',
  'sort',
  'uniq',
  'seq',
  'tee',
  'sysctl',
  'ps',
  'httpd',
];
const DEBIAN = [...COREUTILS, 'bash', 'getent', 'grep', 'head', 'wc', 'sort', 'uniq', 'seq', 'tee'];
/** Every tool the simulator has. */
const EVERYTHING = [
  ...new Set([
    ...BUSYBOX,
    ...DEBIAN,
    'curl',
    'dig',
    'host',
    'ss',
    'netstat',
    'iptables',
    'iptables-save',
    'conntrack',
    'tcpdump',
    'traceroute',
    'tracepath',
    'arping',
    'timeout',
    'bridge',
    'nsenter',
    'ps',
    'netcat',
    'ncat',
  ]),
];

/** The dynamic linker of musl: with it the C library, and so the rules by which names are resolved. */
const MUSL = { '/lib/ld-musl-x86_64.so.1': '' };
/** One program under many names: tools that find it behave as its own do. */
const WITH_BUSYBOX = { '/bin/busybox': '' };
const ALPINE = { ...MUSL, ...WITH_BUSYBOX, '/etc/alpine-release': '3.22.2\n' };

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function image(
  repository: string,
  command: readonly string[],
  commands: readonly string[],
  size: number,
  rest: Partial<Pick<Image, 'entrypoint' | 'environment' | 'files'>> = {},
): Image {
  return {
    repository,
    entrypoint: rest.entrypoint ?? [],
    command,
    commands,
    size: Math.round(size * MEBIBYTE),
    environment: { PATH, ...rest.environment },
    files: rest.files ?? {},
  };
}

const AGNHOST_COMMANDS = [...BUSYBOX, 'agnhost', 'curl', 'dig', 'host', 'getent', 'ss', 'iptables'];

const ALL: readonly Image[] = [
  image('nginx', ['nginx', '-g', 'daemon off;'], [...DEBIAN, 'nginx', 'curl'], 57.1, {
    environment: { NGINX_VERSION: '1.29.3' },
    files: NGINX_FILES,
  }),
  image('registry.k8s.io/e2e-test-images/agnhost', ['pause'], AGNHOST_COMMANDS, 52.9, {
    entrypoint: ['/agnhost'],
    files: ALPINE,
  }),
  image(
    'registry.k8s.io/e2e-test-images/nginx',
    ['nginx', '-g', 'daemon off;'],
    [...BUSYBOX, 'nginx'],
    8.1,
    {
      files: { ...ALPINE, ...NGINX_FILES },
    },
  ),
  image('registry.k8s.io/coredns/coredns', [], [], 22.4, { entrypoint: ['/coredns'] }),
  image('coredns/coredns', [], [], 22.4, { entrypoint: ['/coredns'] }),
  image('registry.k8s.io/pause', [], [], 0.3, { entrypoint: ['/pause'] }),
  image('busybox', ['sh'], BUSYBOX, 2.1, { files: WITH_BUSYBOX }),
  image('alpine', ['/bin/sh'], BUSYBOX, 3.6, { files: ALPINE }),
  image('debian', ['bash'], DEBIAN, 47.1),
  image('ubuntu', ['/bin/bash'], DEBIAN, 28.3),
  image('curlimages/curl', ['curl'], [...BUSYBOX, 'curl'], 9.6, { files: ALPINE }),
  image('nicolaka/netshoot', ['sh'], EVERYTHING, 195, { files: ALPINE }),
  image(
    'registry.k8s.io/e2e-test-images/jessie-dnsutils',
    ['sleep', 'infinity'],
    [...DEBIAN, 'dig', 'nslookup', 'host', 'ping'],
    112,
  ),
  image('hashicorp/http-echo', [], ['http-echo'], 4.3, {
    entrypoint: ['/http-echo'],
    environment: { ECHO_TEXT: 'hello-world' },
  }),
  image('httpd', ['httpd-foreground'], [...DEBIAN, 'httpd-foreground'], 44.9, {
    files: HTTPD_FILES,
  }),
  image(
    'registry.k8s.io/e2e-test-images/httpd',
    ['httpd-foreground'],
    [...BUSYBOX, 'httpd-foreground'],
    45.3,
    {
      files: { ...ALPINE, ...HTTPD_FILES },
    },
  ),
  image('registry.k8s.io/e2e-test-images/busybox', ['sh'], BUSYBOX, 2.1, { files: WITH_BUSYBOX }),
  image('traefik/whoami', [], ['whoami'], 2.7, { entrypoint: ['/whoami'] }),
  image('gcr.io/google-samples/hello-app', ['./hello-app'], ['hello-app'], 10.7),
  image(
    'us-docker.pkg.dev/google-samples/containers/gke/hello-app',
    ['./hello-app'],
    ['hello-app'],
    10.7,
  ),
  image('hopwise/slow-start', ['slow-start'], [...BUSYBOX, 'slow-start'], 5.2, { files: ALPINE }),
  image('hopwise/crash', ['crash'], [...BUSYBOX, 'crash'], 5.2, { files: ALPINE }),
  image('redis', ['redis-server'], [...DEBIAN, 'redis-server', 'redis-cli'], 49.2),
  image('postgres', ['postgres'], [...DEBIAN, 'postgres', 'pg_isready'], 151),
  image('mysql', ['mysqld'], [...DEBIAN, 'mysqld'], 233),
  image('mongo', ['mongod'], [...DEBIAN, 'mongod'], 261),
  image(
    'cloudnativelabs/kube-router',
    [],
    [...BUSYBOX, 'kube-router', 'iptables', 'iptables-save', 'ipset'],
    68.4,
    {
      entrypoint: ['/usr/local/bin/kube-router'],
      files: ALPINE,
    },
  ),
  image('memcached', ['memcached'], [...DEBIAN, 'memcached'], 30.1),
];

/** The image registry: what can be pulled, by repository (image-reference.ts gives the key). Any tag is accepted. */
export const IMAGES: Readonly<Record<string, Image>> = Object.fromEntries(
  ALL.map((one) => [one.repository, one]),
);
